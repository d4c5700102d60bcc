package banger.daemon.vm;

import banger.api.VmName;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Names one can remember and say: {@code brave-otter}. */
final class RandomNames {
    private static final List<String> ADJECTIVES = List.of(
            "able", "airy", "amber", "apt", "azure", "bold", "brave", "brief", "bright", "brisk", "calm", "clear",
            "clever", "cool", "crisp", "deft", "eager", "early", "easy", "fair", "fast", "fine", "firm", "fleet",
            "fond", "fresh", "gentle", "glad", "golden", "grand", "green", "happy", "hardy", "honest", "jolly", "keen",
            "kind", "lively", "loyal", "lucid", "lucky", "mellow", "merry", "mild", "neat", "nimble", "noble", "plain",
            "proud", "quick", "quiet", "rapid", "ready", "rosy", "sharp", "shy", "silver", "smart", "snug", "solid",
            "spry", "steady", "sunny", "sure", "swift", "tidy", "trim", "true", "vivid", "warm", "wise", "witty",
            "young", "zesty");
    private static final List<String> ANIMALS = List.of(
            "adder", "ant", "badger", "bat", "bear", "beaver", "bee", "bison", "boar", "bull", "camel", "carp", "cat",
            "colt", "crab", "crane", "crow", "deer", "dingo", "dove", "duck", "eagle", "eel", "elk", "falcon", "finch",
            "fox", "frog", "gecko", "goat", "goose", "gull", "hare", "hawk", "heron", "horse", "ibex", "jay", "koala",
            "lark", "lemur", "lion", "llama", "lynx", "marten", "mole", "moose", "moth", "mouse", "mule", "newt",
            "okapi", "otter", "owl", "panda", "pike", "pony", "puffin", "quail", "rabbit", "raven", "robin", "salmon",
            "seal", "shrew", "skink", "sloth", "snail", "stork", "swan", "tapir", "tern", "tiger", "toad", "trout",
            "vole", "wasp", "whale", "wolf", "wren", "yak", "zebra");

    private RandomNames() {}

    static VmName notIn(Set<String> taken) {
        for (int attempt = 0; ; attempt++) {
            var name = pick(ADJECTIVES) + "-" + pick(ANIMALS) + (attempt < 20 ? "" : "-" + attempt);
            if (!taken.contains(name)) return new VmName(name);
        }
    }

    private static String pick(List<String> words) {
        return words.get(ThreadLocalRandom.current().nextInt(words.size()));
    }
}
