package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.Times;
import banger.api.model.CreateVm;
import banger.api.model.ForkVm;
import banger.api.model.ForkedVms;
import banger.api.text.Table;
import banger.cli.Flag;
import banger.cli.Invocation;
import banger.cli.QuietCommand;
import banger.cli.Session;
import banger.cli.Verb;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;

/** {@code vm race}: copies of a VM, a command in each; the first that succeeds is kept. */
public final class RaceVerb {
    private static final int MOST = 32;

    private RaceVerb() {}

    public static Verb verb() {
        return new Verb(
                "vm race",
                "a command in several copies of a VM; the first to succeed is kept",
                "VM|PATH [-- COMMAND…]",
                1,
                1,
                true,
                List.of(
                        Flag.of("-n, --times", "N", "how many run the command (default: 2)"),
                        Flag.of("-e, --each", "COMMAND", "one for this line of sh; may be given several times"),
                        Flag.of("--name", "NAME", "how the names of the copies begin (default: the VM's)"),
                        Flag.yes("--nat", "let them reach the network outside"),
                        Flag.of("--image", "IMAGE", "of the VM for a PATH (default: debian-bookworm)"),
                        Flag.of("--vcpu", "N", "its processors"),
                        Flag.of("--memory", "SIZE", "its memory, 2G or 2048"),
                        Flag.yes("--discard", "what the others did is not kept (banger vm delete --discard)")),
                List.of(
                        "banger vm race box -n 4 -- make flaky-test",
                        "banger vm race . -e 'agent --model a' -e 'agent --model b'"),
                RaceVerb::run);
    }

    /** One of them. */
    private record Runner(KeepOrDelete copy, List<byte[]> command) {
        String name() {
            return copy.vm().name();
        }

        String shown() {
            return command.stream()
                    .map(w -> Printable.line(new String(w, StandardCharsets.UTF_8)))
                    .collect(Collectors.joining(" "));
        }
    }

    /** @param ended empty: its VM went before its command did */
    private record Outcome(Runner runner, Optional<QuietCommand.Ended> ended, long millis) {
        boolean won() {
            return ended.filter(QuietCommand.Ended::ok).isPresent();
        }
    }

    private static int run(Invocation i, Session session) {
        var commands = commands(i);
        var operand = i.operands().getFirst();
        // No name of a VM has any of these.
        if (!operand.contains("/") && !operand.startsWith(".")) {
            for (var flag : List.of("--image", "--vcpu", "--memory"))
                if (i.has(flag)) throw WorkspaceFlags.withoutPath("vm race", flag);
            return copies(i, session, operand, i.has("--nat"), commands);
        }
        var request = new CreateVm(
                null,
                i.value("--image").orElse(null),
                i.value("--vcpu").map(v -> Sizing.count("--vcpu", v)).orElse(null),
                Sizing.memory(i).orElse(null),
                null,
                null,
                i.has("--nat"),
                null,
                true,
                false,
                true,
                null,
                null);
        try (var repository = RunRepository.of(i, session)) {
            return RunVerb.inRepository(
                    i, session, repository, request, vm -> copies(i, session, vm.id(), vm.nat(), commands));
        }
    }

    private static int copies(Invocation i, Session session, String of, boolean nat, List<List<byte[]>> commands) {
        var forked = session.daemon()
                .operation(
                        "POST",
                        Paths.vm(of) + "/fork",
                        ForkVm.class,
                        new ForkVm(commands.size(), i.value("--name").orElse(null), nat),
                        ForkedVms.class,
                        session.events());
        var runners = new ArrayList<Runner>();
        try {
            for (var vm : forked.vms())
                runners.add(new Runner(KeepOrDelete.of(session, true, _ -> vm), commands.get(runners.size())));
            if (i.has("--discard")) runners.forEach(r -> r.copy().discard());
            return race(session, runners, nat);
        } finally {
            runners.forEach(r -> r.copy().close());
        }
    }

    private static List<List<byte[]>> commands(Invocation i) {
        var each = i.all("--each");
        if (each.isEmpty() == i.command().isEmpty())
            throw new BangerException(
                    ErrorCode.USAGE,
                    "vm race: one command after --, or several with --each",
                    "banger vm race " + i.operands().getFirst() + " -n 4 -- make test");
        if (!each.isEmpty() && i.value("--times").isPresent())
            throw new BangerException(
                    ErrorCode.USAGE, "vm race: each --each runs once", "leave out --times, or write it after --");
        int times = each.isEmpty()
                ? i.value("--times").map(n -> Sizing.count("--times", n)).orElse(2)
                : each.size();
        if (times > MOST)
            throw new BangerException(ErrorCode.USAGE, "vm race: at most " + MOST + " at a time", "fewer of them");
        var commands = new ArrayList<List<byte[]>>();
        for (var line : each)
            commands.add(List.of(
                    "sh".getBytes(StandardCharsets.UTF_8),
                    "-c".getBytes(StandardCharsets.UTF_8),
                    line.getBytes(StandardCharsets.UTF_8)));
        while (commands.size() < times) commands.add(i.command());
        return commands;
    }

    private static int race(Session session, List<Runner> runners, boolean network) {
        var t = session.terminal();
        BlockingQueue<Outcome> arrivals = new LinkedBlockingQueue<>();
        for (var runner : runners)
            Thread.ofVirtual()
                    .name("race-" + runner.name())
                    .start(() -> arrivals.add(outcome(session, runner, network)));
        var outcomes = new ArrayList<Outcome>();
        try {
            while (outcomes.size() < runners.size()) {
                t.live(outcomes.size() + " of " + runners.size() + " ended");
                outcomes.add(arrivals.take());
                if (outcomes.getLast().won()) break;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
        }
        var winner = outcomes.stream().filter(Outcome::won).findFirst();
        tell(session, runners, outcomes, winner);
        if (winner.isEmpty()) {
            t.error(
                    "vm race: none of " + runners.size() + " succeeded",
                    List.of("what each of them printed last is in the table; their VMs are deleted"));
            return 1;
        }
        winner.get().runner().copy().keepAfterAll();
        try {
            session.streams().out().write(winner.get().ended().orElseThrow().output());
            session.streams().out().flush();
        } catch (IOException e) {
            // Whoever reads our output has gone: the winner is kept all the same.
            return 0;
        }
        return 0;
    }

    private static Outcome outcome(Session session, Runner runner, boolean network) {
        long began = System.nanoTime();
        var vm = runner.copy().vm();
        var placed = Placed.in(Optional.ofNullable(vm.workspace()), runner.command(), network);
        Optional<QuietCommand.Ended> ended;
        try {
            ended = Optional.of(QuietCommand.runExactly(
                    session.daemon(), vm.id(), placed.command(), placed.directory(), placed.environment()));
        } catch (BangerException e) {
            ended = Optional.empty();
        }
        return new Outcome(runner, ended, (System.nanoTime() - began) / 1_000_000);
    }

    private static void tell(Session session, List<Runner> runners, List<Outcome> outcomes, Optional<Outcome> winner) {
        var table = new Table()
                .text("VM")
                .text("RESULT")
                .number("TIME")
                .text("COMMAND")
                .text("LAST LINE");
        for (var runner : runners) {
            var outcome =
                    outcomes.stream().filter(o -> o.runner().equals(runner)).findFirst();
            table.row(
                    runner.name(),
                    outcome.map(o -> result(o, winner)).orElse("stopped"),
                    outcome.map(o -> Times.took(o.millis())).orElse("-"),
                    runner.shown(),
                    outcome.flatMap(Outcome::ended).flatMap(RaceVerb::last).orElse("-"));
        }
        table.toString().lines().forEach(session.terminal()::line);
    }

    private static String result(Outcome outcome, Optional<Outcome> winner) {
        if (winner.filter(outcome::equals).isPresent()) return "won";
        return outcome.ended().map(e -> "status " + e.status()).orElse("broke off");
    }

    private static Optional<String> last(QuietCommand.Ended ended) {
        return new String(ended.output(), StandardCharsets.UTF_8)
                .lines()
                .filter(l -> !l.isBlank())
                .reduce((a, b) -> b)
                .map(l -> Printable.line(l.strip()));
    }
}
