package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Layout;
import banger.api.Printable;
import banger.daemon.process.Programs;
import banger.daemon.progress.Progress;
import banger.workspace.WorkspaceDirectory;
import banger.workspace.out.Delivered;
import banger.workspace.out.Rescue;
import banger.workspace.out.Unpulled;
import banger.workspace.out.WorkVerdict;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps work that was never pulled from going with its VM. Whoever has no workspace pays nothing. Works in shadow
 * repositories only; the user's is never touched.
 */
final class UnpulledWork {
    private static final Logger LOG = LoggerFactory.getLogger(UnpulledWork.class);
    /** Within this an agent answers, or it is hung (decision 20). */
    private static final Duration ACKNOWLEDGED_WITHIN = Duration.ofSeconds(2);

    private static final Map<String, String> ENVIRONMENT = Map.of("PATH", Programs.PATH);

    private final Layout layout;
    private final Duration limit;

    /** @param limit how long a guest may take to tell what it holds */
    UnpulledWork(Layout layout, Duration limit) {
        this.layout = layout;
        this.limit = limit;
    }

    /** One workspace that was delivered to its end. */
    private record Known(WorkspaceDirectory directory, Delivered delivered) {}

    private List<Known> of(Vm vm) {
        var known = new ArrayList<Known>();
        for (var directory : WorkspaceDirectory.all(layout, vm.id().value()))
            Unpulled.delivered(ENVIRONMENT, directory).ifPresent(d -> known.add(new Known(directory, d)));
        return known;
    }

    /** From here on it is not known what the VM holds. */
    void willRun(Vm vm) {
        WorkspaceDirectory.all(layout, vm.id().value()).forEach(Unpulled::forget);
    }

    /** Asks a VM that is about to stop, and writes down what it says; one that does not answer in time is unknown. */
    void look(Vm vm, RunningVm running, Progress progress) {
        var workspaces = of(vm);
        if (workspaces.isEmpty()) return;
        progress.doing("vm " + vm.name(), "looking for work that was not pulled", 0, 0);
        try {
            answers(running);
            for (var one : workspaces) Unpulled.store(one.directory, ask(vm, running, one));
        } catch (BangerException e) {
            LOG.info("vm {}: what it holds is not known: {}", vm.name(), e.fact());
        }
    }

    /**
     * Has a VM that is about to be saved for others look at what it holds: what is not as it was delivered is written down
     * in it, and the kernel in it has every file's entry in memory, where those who continue from it need not read them.
     * One that cannot is saved all the same: it only makes them slower.
     */
    void seen(Vm vm, RunningVm running) {
        for (var one : of(vm)) {
            try {
                within(limit, vm.name().value(), () -> {
                    Unpulled.seen(guest(vm, running), one.delivered);
                    return true;
                });
            } catch (BangerException e) {
                if (e.code() == ErrorCode.CANCELLED) throw e;
                LOG.info("vm {}: is saved without a look: {}", vm.name(), e.fact());
            }
        }
    }

    private void answers(RunningVm running) {
        within(ACKNOWLEDGED_WITHIN, running.name().value(), running.agent()::health);
    }

    private WorkVerdict ask(Vm vm, RunningVm running, Known one) {
        return within(limit, vm.name().value(), () -> Unpulled.ask(guest(vm, running), one.delivered));
    }

    private AgentGuest guest(Vm vm, RunningVm running) {
        return new AgentGuest(vm.name().value(), running.agent(), limit);
    }

    private static <T> T within(Duration time, String vm, Supplier<T> work) {
        var done = new CompletableFuture<T>();
        var thread = Thread.ofVirtual().name("work-of-" + vm).start(() -> {
            try {
                done.complete(work.get());
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        try {
            return done.get(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            thread.interrupt();
            throw new BangerException(
                            ErrorCode.VM_NOT_READY, "vm " + vm + ": did not tell within " + time.toSeconds() + " s")
                    .because(e);
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
            throw new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException told) throw told;
            throw new IllegalStateException(e);
        }
    }

    /**
     * What becomes of the work in a VM that is about to go.
     *
     * @param stop for a VM that must stay, because its work could not be saved
     * @throws BangerException {@code workspace.unpulled}: it stays
     */
    void keep(Vm vm, Optional<RunningVm> running, OnUnpulled unpulled, Progress progress, Consumer<RunningVm> stop) {
        switch (unpulled) {
            case DISCARD -> {}
            case REFUSE -> refuse(vm, running);
            case RESCUE -> {
                try {
                    rescue(vm, running, progress);
                } catch (BangerException e) {
                    running.ifPresent(stop);
                    throw e;
                }
            }
        }
    }

    /**
     * Lets a VM go, or not.
     *
     * @throws BangerException {@code workspace.unpulled}: it holds work, or may
     */
    void refuse(Vm vm, Optional<RunningVm> running) {
        var known = of(vm);
        var lines = new ArrayList<String>();
        for (var one : known) {
            var found = verdict(vm, running, one).lines();
            if (known.size() > 1 && !found.isEmpty())
                lines.add(Printable.line(one.delivered.record().guestPath()) + ":");
            lines.addAll(found);
        }
        if (!lines.isEmpty()) throw refusal(vm, "holds work that was never pulled", lines);
    }

    private void each(Vm vm, Function<Known, Optional<BangerException>> check) {
        for (var one : of(vm)) {
            var refused = check.apply(one);
            if (refused.isPresent()) throw refused.get();
        }
    }

    private WorkVerdict verdict(Vm vm, Optional<RunningVm> running, Known one) {
        if (running.isEmpty())
            return Unpulled.stored(one.directory)
                    .orElseThrow(() -> refusal(
                            vm,
                            "may hold work that was never pulled: it was not asked when it ended",
                            List.of("banger vm start " + vm.name() + ", then banger vm pull " + vm.name())));
        try {
            return ask(vm, running.get(), one);
        } catch (BangerException e) {
            throw refusal(vm, "may hold work that was never pulled", List.of(e.fact()))
                    .because(e);
        }
    }

    private static BangerException refusal(Vm vm, String what, List<String> lines) {
        var remedies = new ArrayList<>(lines);
        remedies.add("banger vm pull " + vm.name() + ", or banger vm delete --discard " + vm.name());
        return new BangerException(ErrorCode.WORKSPACE_UNPULLED, "vm " + vm.name() + ": " + what, remedies);
    }

    /**
     * Saves what a VM holds before it goes, and tells where.
     *
     * @throws BangerException {@code workspace.unpulled}: not all of it could be saved, so it must stay
     */
    void rescue(Vm vm, Optional<RunningVm> running, Progress progress) {
        each(vm, one -> {
            try {
                if (running.isEmpty()) {
                    var verdict = verdict(vm, running, one);
                    if (verdict.unpulled()) return Optional.of(kept(vm, "it does not run", verdict.lines()));
                } else {
                    save(vm, running.get(), one, progress);
                }
                return Optional.empty();
            } catch (BangerException e) {
                return Optional.of(kept(vm, e.fact(), e.remedies()).because(e));
            }
        });
    }

    private void save(Vm vm, RunningVm running, Known one, Progress progress) {
        var saved = within(
                limit,
                vm.name().value(),
                () -> Rescue.save(guest(vm, running), one.delivered, layout.rescue(), Instant.now()));
        if (saved.isEmpty()) return;
        var rescue = saved.get();
        boolean only = of(vm).size() == 1;
        progress.note("vm " + vm.name() + ": work that was not pulled is saved"
                + (only
                        ? ""
                        : ", of "
                                + Printable.line(
                                        new String(one.delivered.record().hostTop(), StandardCharsets.UTF_8))));
        for (var line : rescue.lines()) progress.note("  " + line);
        progress.note("  " + rescue.patch());
        for (var command : rescue.commands(vm.name().value())) progress.note("  " + command);
    }

    private static BangerException kept(Vm vm, String why, List<String> lines) {
        var remedies = new ArrayList<>(lines);
        remedies.add("banger vm start " + vm.name() + ", then banger vm pull " + vm.name());
        remedies.add("or banger vm delete --discard " + vm.name());
        return new BangerException(
                ErrorCode.WORKSPACE_UNPULLED,
                "vm " + vm.name() + ": kept, for work in it could not be saved: " + why,
                remedies);
    }

    /** Whether nothing is lost with a VM that does not run. */
    boolean mayGo(Vm vm) {
        return of(vm).stream()
                .allMatch(one ->
                        Unpulled.stored(one.directory).map(v -> !v.unpulled()).orElse(false));
    }
}
