package banger.net;

import java.io.File;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** {@link Kernel} through {@code nft}, {@code ip} and {@code /proc}. */
final class HostKernel implements Kernel {
    private static final List<String> DIRECTORIES =
            List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin");
    private static final Path SETTINGS = Path.of("/proc/sys/net");
    private static final int DEADLINE_SECONDS = 20;
    private static final int LONGEST_OUTPUT = 4 << 20;

    @Override
    public void rules(String transaction) throws Refusal {
        var result = run("nft", List.of("-f", "-"), transaction);
        if (result.status != 0) throw new Refusal(Refusal.Code.RULES, "nft: " + result.firstLine());
    }

    @Override
    public Ruleset ruleset() throws Refusal {
        var result = run("nft", List.of("list", "ruleset"), "");
        if (result.status != 0) throw new Refusal(Refusal.Code.RULES, "nft: " + result.firstLine());
        return Ruleset.parse(result.output);
    }

    @Override
    public void links(Refusal.Code code, List<String> commands) throws Refusal {
        var result = run("ip", List.of("-batch", "-"), String.join("\n", commands) + "\n");
        if (result.status != 0) throw new Refusal(code, "ip: " + result.firstLine());
    }

    @Override
    public List<String> interfaces() throws Refusal {
        // java.net knows only those that have an address.
        try (var lines = Files.lines(Path.of("/proc/net/dev"))) {
            return lines.filter(l -> l.indexOf(':') > 0)
                    .map(l -> l.substring(0, l.indexOf(':')).strip())
                    .toList();
        } catch (IOException e) {
            throw unreadable("/proc/net/dev", e);
        }
    }

    @Override
    public Optional<Subnet> address(String name) throws Refusal {
        var found = named(name);
        if (found.isEmpty()) return Optional.empty();
        for (var a : found.get().getInterfaceAddresses())
            if (a.getAddress() instanceof Inet4Address v4)
                return Optional.of(new Subnet(Address.parse(v4.getHostAddress()), a.getNetworkPrefixLength()));
        return Optional.empty();
    }

    @Override
    public boolean running(String name) throws Refusal {
        try {
            var found = named(name);
            return found.isPresent() && found.get().isUp();
        } catch (IOException e) {
            throw unreadable(name, e);
        }
    }

    private static Optional<NetworkInterface> named(String name) throws Refusal {
        try {
            return Optional.ofNullable(NetworkInterface.getByName(name));
        } catch (IOException e) {
            throw unreadable(name, e);
        }
    }

    private static Refusal unreadable(String what, IOException e) {
        return new Refusal(Refusal.Code.BRIDGE, what + ": " + e.getMessage());
    }

    @Override
    public boolean setting(String name, String value) {
        var file = SETTINGS.resolve(name);
        try {
            if (Files.readString(file).strip().equals(value)) return true;
            Files.writeString(file, value);
            return true;
        } catch (IOException e) {
            // The answer is the caller's to judge: most settings only save us noise.
            return false;
        }
    }

    private record Output(int status, String output) {
        String firstLine() {
            return output.lines()
                    .map(String::strip)
                    .filter(l -> !l.isEmpty())
                    .findFirst()
                    .orElse("ended with status " + status);
        }
    }

    private static Output run(String program, List<String> arguments, String input) throws Refusal {
        var path = DIRECTORIES.stream()
                .map(d -> d + "/" + program)
                .filter(p -> new File(p).canExecute())
                .findFirst()
                .orElseThrow(() -> new Refusal(Refusal.Code.TOOL_MISSING, program));
        var command = new ArrayList<String>();
        command.add(path);
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().put("LC_ALL", "C.UTF-8");
        try {
            var process = builder.start();
            var watch = Thread.ofVirtual().start(() -> killLate(process));
            try (var in = process.getInputStream()) {
                try (var out = process.getOutputStream()) {
                    out.write(input.getBytes(StandardCharsets.US_ASCII));
                }
                var text = new String(in.readNBytes(LONGEST_OUTPUT), StandardCharsets.UTF_8);
                return new Output(process.waitFor(), text);
            } finally {
                process.destroyForcibly();
                watch.interrupt();
            }
        } catch (IOException e) {
            throw new Refusal(Refusal.Code.RULES, program + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refusal(Refusal.Code.RULES, program + ": interrupted");
        }
    }

    private static void killLate(Process process) {
        try {
            if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) process.destroyForcibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
