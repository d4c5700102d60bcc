package banger.daemon.vm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.AbstractSet;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RandomNamesTest {
    @Test
    void namesAreTwoWordsAndNotTaken() {
        var taken = new HashSet<String>();
        for (int i = 0; i < 3000; i++) {
            var name = RandomNames.notIn(taken).value();
            assertThat(name).matches("[a-z]+-[a-z]+(-[0-9]+)?");
            assertThat(taken.add(name)).isTrue();
        }
    }

    @Test
    void whenAllPairsAreTakenANumberFollows() {
        Set<String> everyPair = new AbstractSet<>() {
            @Override
            public boolean contains(Object o) {
                return String.valueOf(o).matches("[a-z]+-[a-z]+");
            }

            @Override
            public Iterator<String> iterator() {
                return List.<String>of().iterator();
            }

            @Override
            public int size() {
                return 0;
            }
        };
        assertThat(RandomNames.notIn(everyPair).value()).matches("[a-z]+-[a-z]+-[0-9]+");
    }
}
