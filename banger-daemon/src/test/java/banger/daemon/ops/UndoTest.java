package banger.daemon.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UndoTest {
    private final List<String> done = new ArrayList<>();

    @Test
    void whatIsNotCommittedIsTakenBackInReverse() {
        try (var undo = new Undo()) {
            undo.add(() -> done.add("first"));
            undo.add(() -> done.add("second"));
            undo.add(() -> done.add("third"));
        }
        assertThat(done).containsExactly("third", "second", "first");
    }

    @Test
    void whatIsCommittedStays() {
        try (var undo = new Undo()) {
            undo.add(() -> done.add("x"));
            undo.commit();
        }
        assertThat(done).isEmpty();
    }

    @Test
    void theOperationsOwnFailureStaysThePrimaryOneAndEveryStepRuns() {
        assertThatThrownBy(() -> {
                    try (var undo = new Undo()) {
                        undo.add(() -> done.add("last"));
                        undo.add(() -> {
                            throw new IllegalStateException("undo failed");
                        });
                        undo.add(() -> done.add("first"));
                        throw new IllegalArgumentException("operation failed");
                    }
                })
                .hasMessage("operation failed")
                .satisfies(e -> assertThat(e.getSuppressed())
                        .extracting(Throwable::getMessage)
                        .containsExactly("undo failed"));
        assertThat(done).containsExactly("first", "last");
    }

    @Test
    void ofSeveralFailedStepsTheFirstIsTold() {
        assertThatThrownBy(() -> {
                    try (var undo = new Undo()) {
                        undo.add(() -> {
                            throw new IllegalStateException("second");
                        });
                        undo.add(() -> {
                            throw new IllegalStateException("first");
                        });
                    }
                })
                .hasMessage("first")
                .satisfies(e -> assertThat(e.getSuppressed())
                        .extracting(Throwable::getMessage)
                        .containsExactly("second"));
    }

    @Test
    void stepsRunWithoutTheInterruptWhichIsKept() {
        Thread.currentThread().interrupt();
        try (var undo = new Undo()) {
            undo.add(() -> done.add("interrupted: " + Thread.currentThread().isInterrupted()));
        }
        assertThat(Thread.interrupted()).isTrue();
        assertThat(done).containsExactly("interrupted: false");
    }
}
