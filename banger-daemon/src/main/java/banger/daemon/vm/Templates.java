package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.model.BuildTemplate;
import banger.api.model.CreateVm;
import banger.daemon.config.Settings;
import banger.daemon.config.VmDefaults;
import banger.daemon.engine.BootSpec.Urgency;
import banger.daemon.engine.Engines;
import banger.daemon.engine.SealedMemory;
import banger.daemon.progress.Progress;
import banger.daemon.publish.Fetching;
import banger.daemon.template.Template;
import banger.daemon.template.TemplateStore;
import banger.daemon.vm.TemplateBuild.Wish;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The templates of this host: made when asked for, and by themselves after a combination was first booted, one at a
 * time, at low priority, while nothing boots and the host has room. Thread-safe.
 */
public final class Templates implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Templates.class);

    /** After a boot: the guest's own services still start, and another VM often follows. */
    private static final Duration REST = Duration.ofSeconds(3);

    private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);

    private final TemplateStore store;
    private final TemplateBuild build;
    private final VmSources sources;
    private final Engines engines;
    private final SealedMemory memories;
    private final HostRoom room;
    private final VmSizes sizes;
    private final Settings settings;
    private final ReentrantLock making = new ReentrantLock();
    private final BlockingQueue<Wish> wishes = new LinkedBlockingQueue<>();
    /** Asked for since this daemon began: tried once, told once. */
    private final Set<Wish> seen = new HashSet<>();

    private final AtomicInteger boots = new AtomicInteger();
    private volatile boolean busy;
    private Optional<Thread> maker = Optional.empty();

    Templates(
            TemplateStore store,
            TemplateBuild build,
            VmSources sources,
            Engines engines,
            SealedMemory memories,
            HostRoom room,
            Settings settings) {
        this.store = store;
        this.build = build;
        this.sources = sources;
        this.engines = engines;
        this.memories = memories;
        this.room = room;
        this.sizes = new VmSizes(VmDefaults.of(settings));
        this.settings = settings;
    }

    /** Whether VMs may continue from them. */
    boolean inUse() {
        return !settings.templates().equals("off");
    }

    /** Takes back what an earlier daemon had begun, and begins to make what is wished for. */
    public void start() {
        build.sweep();
        if (settings.templates().equals("auto"))
            maker = Optional.of(Thread.ofVirtual().name("templates").start(this::makeWishes));
    }

    /** Whether one is being made by itself. */
    public boolean busy() {
        return busy;
    }

    /** Ends what is being made; nothing of it is left. */
    @Override
    public void close() {
        maker.ifPresent(thread -> {
            thread.interrupt();
            try {
                thread.join(Duration.ofSeconds(10));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** A VM comes up; nothing is made meanwhile by itself. */
    void bootBegins() {
        boots.incrementAndGet();
    }

    void bootEnded() {
        boots.decrementAndGet();
    }

    /** A new VM had to boot: the next one like it need not. */
    void booted(Vm vm, Progress progress) {
        if (maker.isEmpty()) return;
        var wish = Wish.like(vm);
        synchronized (seen) {
            if (!seen.add(wish)) return;
        }
        wishes.add(wish);
        progress.note("template: made in the background; the next VM like this does not boot");
    }

    private void makeWishes() {
        try {
            while (true) {
                var wish = wishes.take();
                awaitQuiet(wish);
                busy = true;
                try {
                    make(wish, Urgency.LOW, Progress.NONE);
                } catch (BangerException e) {
                    if (Thread.currentThread().isInterrupted()) return;
                    LOG.warn("{}; VMs like it boot", e.fact(), e);
                } catch (RuntimeException e) {
                    LOG.error("template {}: internal", wish, e);
                } finally {
                    busy = false;
                }
            }
        } catch (InterruptedException e) {
            // The daemon ends; the wish comes again with the next boot.
            Thread.currentThread().interrupt();
        }
    }

    private void awaitQuiet(Wish wish) throws InterruptedException {
        do Thread.sleep(REST);
        while (boots.get() > 0);
        for (Optional<String> why; (why = room.shortage(wish.memoryMib())).isPresent(); ) {
            LOG.info("template {}: waits: {}", wish, why.get());
            Thread.sleep(LOOK_AGAIN);
        }
    }

    private Template make(Wish wish, Urgency urgency, Progress progress) {
        try {
            making.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BangerException(ErrorCode.CANCELLED, "template " + wish + ": cancelled").because(e);
        }
        try {
            var template = build.make(wish, urgency, progress);
            LOG.info("template {} made: {} MiB on disk", wish, template.allocated() >> 20);
            memories.release(template.memory());
            for (var old : store.beyond(settings.templateBudget()))
                if (!old.digest().equals(template.digest())) evict(old);
            return template;
        } finally {
            making.unlock();
        }
    }

    /**
     * Makes one, or makes it anew.
     *
     * @throws BangerException also when image or kernel are not to be had
     */
    public Template build(BuildTemplate request, Progress progress) {
        var sized = sizes.of(new CreateVm(
                null,
                request.image(),
                request.vcpu(),
                request.memoryMib(),
                null,
                request.overlayBytes(),
                false,
                request.engine(),
                true,
                request.offline(),
                true,
                null,
                null));
        var engine = Optional.ofNullable(request.engine()).orElse(settings.engine());
        var fetching = request.offline() ? Fetching.FORBIDDEN : Fetching.ALLOWED;
        engines.ensure(engine, fetching, progress);
        engines.select(engine);
        var kernel = sources.kernel(settings.defaultKernel(), fetching, progress);
        var image =
                sources.image(Optional.ofNullable(request.image()).orElse(settings.defaultImage()), fetching, progress);
        return make(
                new Wish(
                        engine,
                        image.name(),
                        image.digest(),
                        kernel.name(),
                        kernel.digest(),
                        sized.vcpu(),
                        sized.memoryMib(),
                        sized.overlayBytes()),
                Urgency.HIGH,
                progress);
    }

    /** The latest used first. */
    public List<Template> list() {
        return store.list();
    }

    /** @throws BangerException {@code template.not-found}, also when the beginning is that of more than one */
    public Template require(String prefix) {
        return store.require(prefix, "template", "banger template list", ErrorCode.TEMPLATE_NOT_FOUND);
    }

    /** Removed for want of room, it is not made again at once. */
    private void evict(Template template) {
        LOG.info("template {}: the longest unused, removed for want of room", template.digest());
        store.remove(template.digest());
        memories.release(template.memory());
    }

    /** VMs that continued from it run on. */
    public void remove(Template template) {
        store.remove(template.digest());
        memories.release(template.memory());
        var about = template.manifest().about();
        // Whoever takes it away may want it back: the next boot of a VM like it is a wish again.
        synchronized (seen) {
            seen.removeIf(w -> w.imageDigest().equals(about.imageDigest())
                    && w.vcpu() == about.vcpu()
                    && w.memoryMib() == about.memoryMib());
        }
    }

    /** Removes those that nothing can be made from any more. */
    public void removeUnless(Predicate<Template.About> possible) {
        for (var template : store.list()) if (!possible.test(template.manifest().about())) remove(template);
    }
}
