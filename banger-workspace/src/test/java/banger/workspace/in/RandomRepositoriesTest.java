package banger.workspace.in;

import static org.assertj.core.api.Assertions.assertThat;

import banger.workspace.testing.Repo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Made-up histories of edits, each delivered several times: after each the guest's git says what the host's says. */
@Tag("slow")
class RandomRepositoriesTest {
    private static final List<String> NAMES =
            List.of("a", "b", "a-b", "a/x", "a/y/z", "d/e", "d/e/f", "Ä", "two words", "-n", "x.o", ".hidden", "d.e");

    @TempDir
    Path home;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void everyDeliveryBringsTheGuestToWhereTheHostIs(long seed) throws Exception {
        var random = new Random(seed);
        var delivered = new Delivered(home);
        var repo = Repo.init(home.resolve("src"));
        for (int round = 0; round < 4; round++) {
            for (int i = random.nextInt(8); i >= 0; i--) change(repo, random);
            delivered.deliver(Wish.of(repo.top()));
            delivered.assertSame(repo);
            assertThat(delivered.deliver(Wish.of(repo.top())).sent())
                    .describedAs("seed %d, round %d: nothing changed", seed, round)
                    .isZero();
        }
    }

    private static void change(Repo repo, Random random) throws IOException {
        var name = NAMES.get(random.nextInt(NAMES.size()));
        var file = repo.top().resolve(name);
        switch (random.nextInt(9)) {
            case 0, 1, 2 -> {
                clear(repo.top(), file);
                Files.createDirectories(file.getParent());
                Files.writeString(file, "content " + random.nextInt(4) + "\n".repeat(random.nextInt(3000)));
            }
            case 3 -> {
                clear(repo.top(), file);
                Files.createDirectories(file.getParent());
                Files.createSymbolicLink(file, Path.of(NAMES.get(random.nextInt(NAMES.size()))));
            }
            case 4 -> remove(file);
            case 5 -> {
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    file.toFile().setExecutable(random.nextBoolean());
            }
            case 6 -> repo.run("add", "-A");
            case 7 -> repo.run("add", "--", name);
            default -> {
                if (random.nextBoolean()) repo.run("checkout", "-q", "-B", "branch" + random.nextInt(3));
                repo.run("commit", "-q", "-m", "some");
            }
        }
    }

    /** Whatever lies on the way to a file or in its place goes. */
    private static void clear(Path top, Path file) throws IOException {
        var way = new ArrayList<Path>();
        for (var p = file; !p.equals(top); p = p.getParent()) way.add(p);
        for (var p : way.reversed())
            if (!p.equals(file) && !Files.isDirectory(p, LinkOption.NOFOLLOW_LINKS)) Files.deleteIfExists(p);
        remove(file);
    }

    private static void remove(Path tree) throws IOException {
        if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) return;
        try (var paths = Files.walk(tree)) {
            for (var p : paths.sorted(Comparator.reverseOrder()).toList()) Files.delete(p);
        }
    }
}
