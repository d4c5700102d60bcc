package banger.daemon.engine;

import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import banger.daemon.process.Result;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/** Host programs that answer what they were told to, and what they were asked. */
final class Answers implements CommandRunner {
    final List<List<String>> asked = new ArrayList<>();
    private final Function<List<String>, Result> answer;

    Answers(Function<List<String>, Result> answer) {
        this.answer = answer;
    }

    static Answers saying(int status, String out) {
        return new Answers(a -> result(status, out));
    }

    static Result result(int status, String out) {
        return new Result(status, out.getBytes(StandardCharsets.UTF_8), new byte[0]);
    }

    @Override
    public Result run(Command command, Consumer<String> lines) {
        asked.add(command.arguments());
        return answer.apply(command.arguments());
    }
}
