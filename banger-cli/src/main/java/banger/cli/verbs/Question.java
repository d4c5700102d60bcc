package banger.cli.verbs;

import banger.cli.Session;
import java.io.IOException;

/** A question with a safe default: anything but a yes is a no. */
final class Question {
    private Question() {}

    static boolean yes(Session session, String question) {
        session.terminal().prompt(question + " [y/N] ");
        var answer = new StringBuilder();
        try {
            for (int b; (b = session.streams().in().read()) >= 0 && b != '\n'; ) answer.append((char) b);
        } catch (IOException e) {
            return false;
        }
        return answer.toString().strip().matches("(?i)y|yes");
    }
}
