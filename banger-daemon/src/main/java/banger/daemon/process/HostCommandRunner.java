package banger.daemon.process;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw failed(command, "cannot be started: " + e.getMessage()).because(e);
        }
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            try {
                var out = CompletableFuture.supplyAsync(
                        () -> capture(process.getInputStream(), command.outputLimit()), threads);
                var err = CompletableFuture.supplyAsync(
                        () -> captureLines(process.getErrorStream(), command.outputLimit(), lines), threads);
                if (command.input().length > 0) threads.submit(() -> feed(process.getOutputStream(), command.input()));
                if (!process.waitFor(command.deadline().toMillis(), TimeUnit.MILLISECONDS))
                    throw failed(
                            command, "did not end within " + command.deadline().toSeconds() + " s");
                // Pipes can outlive the program in the hands of its children: a bounded wait.
                var captured = out.get(KILL_GRACE.toMillis(), TimeUnit.MILLISECONDS);
                if (captured.length > command.outputLimit()) throw failed(command, "printed too much");
                return new Result(process.exitValue(), captured, err.get(KILL_GRACE.toMillis(), TimeUnit.MILLISECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BangerException(ErrorCode.CANCELLED, command.program() + ": cancelled").because(e);
            } catch (ExecutionException | TimeoutException e) {
                throw failed(command, "its output could not be read").because(e);
            } finally {
                end(process);
            }
        }
    }

    private static final java.io.File DEV_NULL = new java.io.File("/dev/null");

    /** Kills the program and what it started, and closes our ends of its pipes so that readers return. */
    private static void end(Process process) {
        var interrupted = Thread.interrupted();
        try {
            if (process.isAlive()) {
                var descendants = process.descendants().toList();
                process.destroyForcibly();
                descendants.forEach(ProcessHandle::destroyForcibly);
                process.waitFor(KILL_GRACE.toMillis(), TimeUnit.MILLISECONDS);
            }
            process.getInputStream().close();
            process.getErrorStream().close();
        } catch (InterruptedException e) {
            interrupted = true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

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

    private static void feed(OutputStream out, byte[] input) {
        try (out) {
            out.write(input);
        } catch (IOException e) {
            // The program ended without reading all of it: its status tells.
            return;
        }
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
