package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.Hypervisor;
import banger.daemon.engine.Machine;
import banger.daemon.engine.Memory;
import banger.daemon.guest.Deadlines;
import banger.daemon.guest.Sleep;
import banger.daemon.ops.Failpoint;
import banger.daemon.ops.Laps;
import banger.daemon.ops.Undo;
import banger.daemon.template.Template;
import banger.daemon.template.TemplateKey;
import banger.daemon.template.TemplateStore;
import banger.workspace.Beside;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Continues a new VM from a template. Whatever goes wrong, nothing of the attempt runs any more, and the VM has disks
 * again that no guest has seen.
 */
final class WarmStart {
    /** From the load to a guest that is ready; booting would not take much longer. */
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private final VmDisks disks;
    private final TemplateStore store;
    private final SavedWorkspaces workspaces;
    private final String word;
    private final Duration answersWithin;

    /**
     * @param word for what is in the store: {@code template}, {@code environment}
     * @param bootLimit that of a guest that boots
     */
    WarmStart(VmDisks disks, TemplateStore store, SavedWorkspaces workspaces, String word, Duration bootLimit) {
        this.disks = disks;
        this.store = store;
        this.workspaces = workspaces;
        this.word = word;
        this.answersWithin = bootLimit.compareTo(LONGEST) < 0 ? bootLimit : LONGEST;
    }

    /** Why a VM has to boot, in a few words. */
    static final class NotWarm extends Exception {
        private static final long serialVersionUID = 1;

        private final boolean missing;

        private NotWarm(String why, boolean missing, Throwable... causes) {
            super(why);
            this.missing = missing;
            for (var cause : causes) addSuppressed(cause);
        }

        /** Nothing is wrong: there just is none that it could continue from. */
        static NotWarm missing(String why) {
            return new NotWarm(why, true);
        }

        static NotWarm failed(String why, Throwable cause) {
            return new NotWarm(why, false, cause);
        }

        boolean missing() {
            return missing;
        }

        String why() {
            return String.valueOf(getMessage());
        }
    }

    /** Whether no guest has written to a VM's disks. */
    static boolean fresh(Vm vm) {
        return vm.state() == VmState.CREATED || vm.state() == VmState.CREATING;
    }

    /** The template that fits, all of it compared with what was made. */
    Template template(Vm vm, TemplateKey key) throws NotWarm {
        return switch (store.find(key)) {
            case TemplateStore.Lookup.Missing _ -> throw NotWarm.missing("no " + word);
            case TemplateStore.Lookup.Damaged damaged -> {
                store.remove(key.digest());
                throw new NotWarm(word + " damaged: " + damaged.why(), false);
            }
            case TemplateStore.Lookup.Found(var template) -> {
                var about = template.manifest().about();
                if (about.overlayBytes() > vm.overlayBytes())
                    throw NotWarm.missing("its overlay is smaller than the " + word + "'s");
                if (about.setup() != null && about.workBytes() > vm.diskBytes())
                    throw NotWarm.missing("its disk is smaller than the " + word + "'s");
                yield template;
            }
        };
    }

    /** Makes a machine whose guest waits for a configuration the VM; ready when it returns. */
    interface Configure {
        /** @throws VmStart.NotReady */
        void configure(Machine machine, Duration within);
    }

    /** Loads the template, lets it run, and has it configured. */
    Machine start(Vm vm, Template template, Hypervisor engine, BootSpec spec, Laps laps, Configure configure)
            throws NotWarm {
        var limit = engine.traits().isolates() ? answersWithin : answersWithin.multipliedBy(3);
        try (var attempt = new Undo()) {
            attempt.add(() -> disks.makeAgain(vm));
            Machine machine;
            Beside<Path> unpacking;
            try (var _ = store.hold()) {
                disks.clone(vm, template);
                attempt.add(() -> workspaces.remove(vm.id()));
                // A repository may be large, and the guest does not need what this host knows of it.
                unpacking = workspaces.unpacking(template, vm.id());
                attempt.add(unpacking::close);
                laps.end("disks");
                disks.settling().later(vm.id());
                Failpoint.WARM_CLONED.pass();
                machine = engine.restore(spec.on(memory(template)), template.directory());
            }
            attempt.add(machine::kill);
            laps.end("vmm");
            Failpoint.WARM_LOADED.pass();
            rekey(machine, configure, limit, laps);
            unpacking.get();
            laps.end("workspaces");
            Failpoint.WARM_CONFIGURED.pass();
            store.used(template);
            attempt.commit();
            return machine;
        } catch (VmStart.NotReady e) {
            throw NotWarm.failed(why(vm, e.told()), e);
        } catch (BangerException e) {
            if (e.code() == ErrorCode.CANCELLED) throw e;
            throw NotWarm.failed(why(vm, e), e);
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted())
                throw new BangerException(ErrorCode.CANCELLED, "vm " + vm.name() + ": start cancelled").because(e);
            throw NotWarm.failed(Printable.line(String.valueOf(e.getMessage())), e);
        }
    }

    /** A guest that takes longer is ended: it is never handed over half made into another. */
    private static void rekey(Machine machine, Configure configure, Duration limit, Laps laps) throws IOException {
        var late = new AtomicBoolean();
        var timer = Deadlines.after(limit, () -> {
            late.set(true);
            machine.kill();
        });
        try {
            machine.wake(Sleep.Kind.REKEY);
        } catch (IOException e) {
            if (!late.get()) throw e;
            throw new IOException("the guest did not answer within " + limit.toMillis() / 1000.0 + " s", e);
        } finally {
            timer.cancel(false);
        }
        laps.end("awake");
        configure.configure(machine, limit);
        laps.end("guest");
    }

    private static Memory memory(Template template) {
        var about = template.manifest().about();
        return new Memory.Mapped(template.memory(), Map.of("vdb", about.overlayBytes(), "vdc", about.workBytes()));
    }

    /** Without what is said around a fact when the person reads it alone. */
    private static String why(Vm vm, BangerException e) {
        return Printable.line(e.fact().replace("vm " + vm.name() + ": ", "").replace(GuestSetup.KEPT, ""));
    }
}
