package banger.daemon.disk;

import java.util.List;
import java.util.regex.Pattern;

/**
 * What one writable disk of a VM is made of: the file that its VMM writes to, over layers that never change.
 *
 * @param active its name in the VM's directory
 * @param size bytes, as the guest sees it
 * @param layers the one right below the file first; only the last may be raw
 */
public record DiskChain(String active, Format format, long size, List<Layer> layers) {
    /** More than any chain gets; one that says so is damaged. */
    public static final int MOST_LAYERS = 32;

    private static final Pattern NAME = Pattern.compile("vd[bc](\\.[0-9a-f]{8})?");

    /** How bytes of a disk lie in its file. It is always told, never guessed from the content: a guest writes that. */
    public enum Format {
        RAW,
        QCOW2;

        /** As QEMU calls it, and as the names of files end. */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        static Format of(String word) {
            for (var format : values()) if (format.word().equals(word)) return format;
            throw new IllegalArgumentException("no format of disks: " + word);
        }
    }

    /**
     * A file below {@code $STATE/layers} that never changes.
     *
     * @param id 32 hexadecimal digits, random
     */
    public record Layer(String id, Format format) {
        private static final Pattern ID = Pattern.compile("[0-9a-f]{32}");

        public Layer {
            if (!ID.matcher(id).matches()) throw new IllegalArgumentException("no layer: " + id);
        }

        /** As chains and snapshots write it: {@code ID.qcow2}. */
        public String text() {
            return id + "." + format.word();
        }

        public static Layer parse(String text) {
            int dot = text.indexOf('.');
            if (dot < 0) throw new IllegalArgumentException("no layer: " + text);
            return new Layer(text.substring(0, dot), Format.of(text.substring(dot + 1)));
        }

        /** What a VMM finds it as in its VM's directory. */
        public String place() {
            return PLACE + id;
        }
    }

    /** The names of layers in a VM's directory begin with it. */
    static final String PLACE = "layer.";

    public DiskChain {
        layers = List.copyOf(layers);
        if (!NAME.matcher(active).matches()) throw new IllegalArgumentException("no disk: " + active);
        if (size < 0) throw new IllegalArgumentException("a disk of " + size + " bytes");
        if (format == Format.RAW && !layers.isEmpty())
            throw new IllegalArgumentException("a raw disk has nothing below it: " + active);
        if (layers.size() > MOST_LAYERS) throw new IllegalArgumentException("too many layers: " + layers.size());
        if (layers.stream().distinct().count() != layers.size())
            throw new IllegalArgumentException("a layer below itself: " + active);
        if (layers.stream().limit(Math.max(0, layers.size() - 1)).anyMatch(l -> l.format() == Format.RAW))
            throw new IllegalArgumentException("a raw layer with something below it: " + active);
    }

    /** A disk that is one file, as most are. */
    public static DiskChain raw(String drive, long size) {
        return new DiskChain(drive, Format.RAW, size, List.of());
    }

    /** What its VM calls it: {@code vdb}, {@code vdc}. */
    public String drive() {
        return active.substring(0, 3);
    }

    String line() {
        var line = new StringBuilder(drive())
                .append(' ')
                .append(active)
                .append(' ')
                .append(format.word())
                .append(' ')
                .append(size);
        for (var layer : layers) line.append(' ').append(layer.text());
        return line.toString();
    }

    /** @throws IllegalArgumentException when it is not what {@link #line} writes */
    static DiskChain parse(String drive, String line) {
        var words = line.split(" ", -1);
        if (words.length < 4 || !words[3].matches("[0-9]{1,15}"))
            throw new IllegalArgumentException("no description of a disk");
        var layers = List.of(words).subList(4, words.length).stream()
                .map(Layer::parse)
                .toList();
        var chain = new DiskChain(words[1], Format.of(words[2]), Long.parseLong(words[3]), layers);
        if (!chain.drive().equals(drive) || !words[0].equals(drive))
            throw new IllegalArgumentException("no description of " + drive);
        return chain;
    }
}
