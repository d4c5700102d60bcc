package banger.daemon.ops;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FailpointTest {
    @ParameterizedTest
    @EnumSource
    void withoutThePropertyEveryPointIsPassed(Failpoint point) {
        point.pass();
    }
}
