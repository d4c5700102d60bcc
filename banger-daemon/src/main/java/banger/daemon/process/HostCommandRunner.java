package banger.daemon.process;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.process.ProgramRun;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.function.Consumer;

/** {@link CommandRunner} over real processes. */
public final class HostCommandRunner implements CommandRunner {
    private static final Duration KILL_GRACE = Duration.ofSeconds(2);

    @Override
    public Result run(Command command, Consumer<String> lines) {
        var program = Programs.find(command.program()).orElseThrow(() -> missing(command.program()));
        var arguments = new ArrayList<>(command.arguments());
        arguments.set(0, program.toString());
        var builder = new ProcessBuilder(arguments);
        builder.environment().clear();
        builder.environment().put("PATH", Programs.PATH);
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().putAll(command.environment());
        command.directory().ifPresent(d -> builder.directory(d.toFile()));
        if (command.input().length == 0) builder.redirectInput(ProcessBuilder.Redirect.from(DEV_NULL));
        int limit = command.outputLimit();
        try {
            var run = ProgramRun.of(
                    builder,
                    command.deadline(),
                    KILL_GRACE, // pipes can outlive the program in the hands of its children
                    out -> out.write(command.input()),
                    in -> capture(in, limit),
                    in -> captureLines(in, limit, lines));
            if (run.output().length > limit) throw failed(command, "printed too much");
            return new Result(run.status(), run.output(), run.errors());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BangerException(ErrorCode.CANCELLED, command.program() + ": cancelled").because(e);
        } catch (ProgramRun.Broken e) {
            throw failed(command, String.valueOf(e.getMessage())).because(e);
        }
    }

    private static final java.io.File DEV_NULL = new java.io.File("/dev/null");

    private static byte[] capture(InputStream in, int limit) {
        var bytes = new ByteArrayOutputStream();
        var buffer = new byte[8192];
        try (in) {
            for (int n; (n = in.read(buffer)) >= 0; ) if (bytes.size() <= limit) bytes.write(buffer, 0, n);
        } catch (IOException e) {
            // Closed by us when the program was killed: what came until then is the answer.
            return bytes.toByteArray();
        }
        return bytes.toByteArray();
    }

    private static byte[] captureLines(InputStream in, int limit, Consumer<String> lines) {
        var kept = new StringBuilder();
        try (var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line; (line = reader.readLine()) != null; ) {
                lines.accept(line);
                kept.append(line).append('\n');
                if (kept.length() > limit) kept.delete(0, kept.length() - limit);
            }
        } catch (IOException e) {
            return kept.toString().getBytes(StandardCharsets.UTF_8);
        }
        return kept.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static BangerException missing(String program) {
        return new BangerException(
                ErrorCode.HOST_TOOL_MISSING,
                program + ": not found on this host",
                "sudo apt-get install " + Programs.debianPackage(program));
    }

    private static BangerException failed(Command command, String what) {
        return new BangerException(ErrorCode.HOST_TOOL_FAILED, command.program() + ": " + what);
    }
}
