package banger.daemon.engine;

import banger.api.Printable;
import banger.daemon.DurableFiles;
import banger.daemon.HostBoot;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Whether KVM really runs a vCPU here; an openable {@code /dev/kvm} proves nothing. A yes is
 * remembered for this boot of the host, a no for ten minutes (decision 24).
 */
public final class KvmProbe {
    private static final Duration NO_LASTS = Duration.ofMinutes(10);
    private static final Path DEVICE = Path.of("/dev/kvm");

    private final Path shim;
    private final CommandRunner commands;
    private final Path memory;
    private final Path device;

    /** @param memory the file that remembers the answer */
    public KvmProbe(Path shim, CommandRunner commands, Path memory) {
        this(shim, commands, memory, DEVICE);
    }

    KvmProbe(Path shim, CommandRunner commands, Path memory, Path device) {
        this.device = device;
        this.shim = shim;
        this.commands = commands;
        this.memory = memory;
    }

    /**
     * What was found.
     *
     * @param step where it stopped: {@code device}, {@code permission}, {@code vcpu}, {@code stuck} …; empty
     *     when it works
     * @param text the shim's own words
     */
    public record Answer(boolean works, String step, String text) {
        /** In words, for the line that names the engine. */
        public String reason() {
            if (works) return "KVM runs a vCPU";
            return switch (step) {
                case "device" -> "no /dev/kvm";
                case "permission" -> "/dev/kvm: permission denied";
                case "stuck", "vcpu" -> "KVM opens here but does not run a guest";
                default -> "KVM does not work: " + text;
            };
        }
    }

    /** The remembered answer, or a fresh one. */
    public Answer answer() {
        return remembered().orElseGet(this::probe);
    }

    /** Asks the hardware now, whatever is remembered. */
    public synchronized Answer probe() {
        var result = commands.run(Command.of(shim.toString(), "probe-kvm").within(Duration.ofSeconds(10)));
        var line = Printable.line(result.out().strip());
        Answer answer;
        if (line.startsWith("ok ")) {
            answer = new Answer(true, "", line.substring(3));
        } else {
            var words = line.replaceFirst("^failed ", "").split(": ", 2);
            answer = new Answer(false, words[0], words.length == 2 ? words[1] : result.reason());
        }
        remember(answer);
        return answer;
    }

    private void remember(Answer answer) {
        var text = key() + "\n" + answer.works + "\n" + answer.step + "\n" + answer.text + "\n";
        DurableFiles.write(memory, text.getBytes(StandardCharsets.UTF_8), "rw-------");
    }

    private Optional<Answer> remembered() {
        try {
            var lines = Files.readAllLines(memory);
            if (lines.size() < 4 || !lines.getFirst().equals(key())) return Optional.empty();
            boolean works = Boolean.parseBoolean(lines.get(1));
            var age = Duration.between(Files.getLastModifiedTime(memory).toInstant(), Instant.now());
            if (!works && age.compareTo(NO_LASTS) > 0) return Optional.empty();
            return Optional.of(new Answer(works, lines.get(2), lines.get(3)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Boot, device node and its permissions: a change of any asks again. */
    private String key() {
        try {
            var changed = (FileTime) Files.getAttribute(device, "unix:ctime");
            return HostBoot.id() + " " + Files.getAttribute(device, "unix:ino") + " " + changed.toMillis();
        } catch (IOException e) {
            return HostBoot.id() + " none";
        }
    }
}
