package banger.cli.verbs;

import banger.cli.Session;
import java.io.IOException;

/** A question with a safe default: anything but a yes is a no. */
final class Question {
    private Question() {}

    static boolean yes(Session session, String question) {
        return line(session, question + " [y/N] ").matches("(?i)y|yes");
    }

    /** One line of an answer; empty when there is none. */
    static String line(Session session, String prompt) {
        session.terminal().prompt(prompt);
        var answer = new StringBuilder();
        try {
            for (int b; (b = session.streams().in().read()) >= 0 && b != '\n'; ) answer.append((char) b);
        } catch (IOException e) {
            return "";
        }
        return answer.toString().strip();
    }
}
