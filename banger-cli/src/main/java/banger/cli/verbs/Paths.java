package banger.cli.verbs;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Pieces of API paths. */
final class Paths {
    private Paths() {}

    /** A word of the user's as one segment. */
    static String segment(String word) {
        return URLEncoder.encode(word, StandardCharsets.UTF_8).replace("+", "%20");
    }

    static String vm(String reference) {
        return "/v1/vms/" + segment(reference);
    }
}
