package banger.daemon.image;

import io.avaje.jsonb.Json;
import java.util.List;

/**
 * How an image is built from a distribution's own signed packages.
 *
 * @param suite Debian's name of the release
 * @param packages installed besides the required ones and apt, without what they recommend
 * @param additions files from elsewhere, pinned by hash
 * @param expectedPackages how many packages it came to when this was written: for progress only
 * @param treeMib what the tree takes while it is being built, packages and lists included
 */
@Json
public record Recipe(
        String name,
        String description,
        String suite,
        List<String> packages,
        List<Addition> additions,
        int expectedPackages,
        int treeMib) {
    public Recipe {
        ImageName.checked(name);
        packages = List.copyOf(packages);
        additions = List.copyOf(additions);
        if (!suite.matches("[a-z]{3,20}")) throw new IllegalArgumentException("suite " + suite);
        for (var p : packages)
            if (!p.matches("[a-z0-9][a-z0-9+.-]+")) throw new IllegalArgumentException("package " + p);
        if (expectedPackages < 1 || treeMib < 1) throw new IllegalArgumentException("estimates");
    }

    /**
     * One executable out of a gzipped tar archive.
     *
     * @param integrity {@code sha512-} and Base64: of the archive
     * @param size bytes of the archive, exactly
     * @param member the only one that is taken
     * @param path where it goes in the image
     */
    @Json
    public record Addition(String url, String integrity, long size, String member, String path) {
        public Addition {
            if (!url.startsWith("https://")) throw new IllegalArgumentException("address " + url);
            if (!integrity.matches("sha512-[A-Za-z0-9+/]{86}=="))
                throw new IllegalArgumentException("integrity " + integrity);
            if (size < 1 || size > 1L << 30) throw new IllegalArgumentException("size " + size);
            if (!path.matches("(/[A-Za-z0-9._-]+)+") || path.contains(".."))
                throw new IllegalArgumentException("path " + path);
        }
    }
}
