package banger.daemon.image;

import io.avaje.jsonb.Json;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The images banger can make by itself.
 *
 * @param version 1
 * @param recipes the first is the default
 */
@Json
public record Catalog(int version, List<Recipe> recipes) {
    private static final int VERSION = 1;

    public Catalog {
        recipes = List.copyOf(recipes);
        if (version != VERSION) throw new IllegalArgumentException("catalog version " + version);
        if (recipes.stream().map(Recipe::name).distinct().count() != recipes.size())
            throw new IllegalArgumentException("a name occurs twice");
    }

    /** The one that came with this banger. */
    public static Catalog builtin() {
        try (var in = Catalog.class.getResourceAsStream("catalog.json")) {
            if (in == null) throw new IllegalStateException("no catalog.json");
            return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Catalog parse(String json) {
        return Jsonb.instance().type(Catalog.class).fromJson(json);
    }

    public Optional<Recipe> find(String name) {
        return recipes.stream().filter(r -> r.name().equals(name)).findFirst();
    }
}
