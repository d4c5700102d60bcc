package banger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.model.Check;
import banger.api.model.DoctorReport;
import banger.api.model.Terminal;
import io.avaje.jsonb.Jsonb;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void everyFieldHasItsLineAtAnyDepth() {
        var report = new DoctorReport(List.of(
                new Check("a", "ok", "t: {x}, [\"y\"]", List.of("1", "2")), new Check("", "", "\\", List.of())));
        assertThat(Json.of(DoctorReport.class, report)).isEqualTo("""
                {
                  "checks": [
                    {
                      "area": "a",
                      "status": "ok",
                      "text": "t: {x}, [\\"y\\"]",
                      "remedies": [
                        "1",
                        "2"
                      ]
                    },
                    {
                      "area": "",
                      "status": "",
                      "text": "\\\\",
                      "remedies": []
                    }
                  ]
                }""");
    }

    @Test
    void listsToo() {
        assertThat(Json.list(Terminal.class, List.of())).isEqualTo("[]");
        assertThat(Json.list(Terminal.class, List.of(new Terminal(1, -2, "x")))).isEqualTo("""
                [
                  {
                    "columns": 1,
                    "rows": -2,
                    "term": "x"
                  }
                ]""");
    }

    @Property(seed = "1")
    void layoutChangesNoValue(@ForAll List<String> remedies, @ForAll String text) {
        var json = Jsonb.instance().type(Check.class);
        var check = new Check(text, text, text, remedies);
        var plain = json.fromJson(json.toJson(check));
        assertThat(json.fromJson(Json.of(Check.class, check))).isEqualTo(plain);
    }
}
