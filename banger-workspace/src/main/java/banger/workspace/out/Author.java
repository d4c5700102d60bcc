package banger.workspace.out;

import banger.workspace.git.Git;
import banger.workspace.git.HostRepository;
import java.time.Instant;
import java.util.regex.Pattern;

/** In whose name we commit: the user's where git knows one. */
record Author(String name, String mail, Instant time) {
    private static final Pattern IDENT = Pattern.compile("(.*) <(.*)> \\d+ [-+]\\d{4}");

    static Author ofNobody(Instant time) {
        return new Author("banger", "banger@localhost", time);
    }

    static Author of(HostRepository host, Instant time) {
        var answer = host.git().run("var", "GIT_AUTHOR_IDENT");
        var match = IDENT.matcher(answer.text());
        return answer.ok() && match.matches() && !match.group(1).isBlank()
                ? new Author(match.group(1), match.group(2), time)
                : ofNobody(time);
    }

    Git signs(Git git) {
        var date = "@" + time.getEpochSecond() + " +0000"; // without the at sign git takes few digits for a day
        return git.with("GIT_AUTHOR_NAME", name)
                .with("GIT_AUTHOR_EMAIL", mail)
                .with("GIT_AUTHOR_DATE", date)
                .with("GIT_COMMITTER_NAME", name)
                .with("GIT_COMMITTER_EMAIL", mail)
                .with("GIT_COMMITTER_DATE", date);
    }
}
