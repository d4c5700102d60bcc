package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.model.SshInfo;
import banger.cli.Forward;
import banger.cli.GuestCommand;
import banger.cli.Invocation;
import banger.cli.ProcessSignals;
import banger.cli.Session;
import banger.cli.Verb;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code vm ssh} and {@code vm nc}. */
public final class SshVerbs {
    private SshVerbs() {}

    public static Verb ssh() {
        return new Verb(
                "vm ssh",
                "a login session in a running VM, by the system's ssh",
                "VM [-- COMMAND…]",
                1,
                1,
                true,
                List.of(),
                List.of("banger vm ssh box", "banger vm ssh box -- journalctl -b"),
                (i, session) -> session(
                        session,
                        i.operands().getFirst(),
                        i.command().stream()
                                .map(b -> new String(b, java.nio.charset.StandardCharsets.UTF_8))
                                .toList()));
    }

    public static Verb nc() {
        return new Verb(
                "vm nc",
                "join stdin and stdout with a TCP port on a VM's loopback",
                "VM PORT",
                2,
                2,
                false,
                List.of(),
                List.of("banger vm nc box 80", "ssh -o ProxyCommand='banger vm nc box 22' root@box"),
                SshVerbs::connect);
    }

    private static int connect(Invocation i, Session session) {
        int port = Sizing.count("PORT", i.operands().get(1));
        return new Forward(session).join(Paths.vm(i.operands().getFirst()) + "/forward?port=" + port);
    }

    /** An interactive session: ssh where the image has an sshd, else a login shell on the agent's terminal. */
    static int session(Session session, String reference, List<String> command) {
        var info = session.daemon().get(Paths.vm(reference) + "/ssh", SshInfo.class);
        if (!info.sshd()) {
            session.terminal().note("this image has no sshd: a login shell over the agent instead");
            var bytes = command.stream()
                    .map(c -> c.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                    .toList();
            return new GuestCommand(session)
                    .run(
                            Paths.segment(info.name()),
                            bytes,
                            GuestCommand.Tty.AUTO,
                            Optional.empty(),
                            Optional.empty(),
                            List.of(),
                            command.isEmpty());
        }
        return exec(session, sshCommand(info, command));
    }

    /** The same in a directory of the guest. */
    static int sessionIn(Session session, String reference, String directory) {
        var info = session.daemon().get(Paths.vm(reference) + "/ssh", SshInfo.class);
        if (!info.sshd()) {
            session.terminal().note("this image has no sshd: a login shell over the agent instead");
            return new GuestCommand(session)
                    .run(
                            Paths.segment(info.name()),
                            List.of(),
                            GuestCommand.Tty.AUTO,
                            Optional.empty(),
                            Optional.of(directory),
                            List.of(),
                            true);
        }
        // What ssh sends is a line for the guest's shell, whatever we do: quoted for that.
        var line = "cd '" + directory.replace("'", "'\\''") + "' && exec \"${SHELL:-/bin/sh}\" -l";
        var command = new ArrayList<>(sshCommand(info, List.of(line)));
        command.add(1, "-t");
        return exec(session, command);
    }

    private static List<String> sshCommand(SshInfo info, List<String> command) {
        var launcher = System.getProperty("banger.dist", "") + "/bin/banger";
        var ssh = new ArrayList<>(List.of(
                "ssh",
                "-F",
                "none",
                "-o",
                "ProxyCommand=" + quoted(launcher) + " vm nc " + info.name() + " 22",
                "-o",
                "HostKeyAlias=" + info.hostAlias(),
                "-o",
                "UserKnownHostsFile=" + info.knownHosts(),
                "-o",
                "GlobalKnownHostsFile=/dev/null",
                "-o",
                "StrictHostKeyChecking=yes",
                "-o",
                "IdentitiesOnly=yes",
                "-o",
                "IdentityFile=" + info.key(),
                "-o",
                "ForwardAgent=no",
                "-o",
                "LogLevel=ERROR"));
        ssh.add(info.user() + "@" + info.name());
        ssh.addAll(command);
        return ssh;
    }

    /** For the shell that ssh gives its ProxyCommand to, and for ssh's own percent signs. */
    private static String quoted(String path) {
        return "'" + path.replace("'", "'\\''").replace("%", "%%") + "'";
    }

    private static int exec(Session session, List<String> command) {
        session.terminal().out().flush();
        session.terminal().clearLive();
        try {
            var builder = new ProcessBuilder(command).inheritIO();
            // The launcher's own locale is ours alone; the guest gets the user's.
            var locale = session.environment().getOrDefault("BANGER_USER_LC_ALL", "");
            builder.environment().remove("LC_ALL");
            if (!locale.isEmpty()) builder.environment().put("LC_ALL", locale);
            var process = builder.start();
            // Ctrl-C belongs to ssh and to the guest, not to us.
            ProcessSignals.handle("INT", n -> {});
            return process.waitFor();
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.HOST_TOOL_MISSING,
                            "ssh: " + Printable.line(String.valueOf(e.getMessage())),
                            "sudo apt-get install openssh-client")
                    .because(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }
}
