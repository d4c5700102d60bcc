package banger.daemon.image;

import banger.daemon.progress.Progress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what mmdebstrap, apt and dpkg print and tells how far the build is. */
final class BuildProgress implements Consumer<String> {
    private static final Pattern NEW = Pattern.compile("^\\d+ upgraded, (\\d+) newly installed.*");
    private static final Pattern GET = Pattern.compile("^Get:\\d+ \\S+ \\S+ \\S+ (\\S+) \\S+ \\S+ \\[.*");
    private static final Pattern UNPACK = Pattern.compile("^Unpacking (\\S+) .*");
    private static final Pattern SETUP = Pattern.compile("^Setting up (\\S+) .*");
    private static final Pattern OURS = Pattern.compile("^banger: (\\w+) ?(\\d*)$");
    private static final Pattern ERROR = Pattern.compile("^E: |^mke2fs: |^dpkg: error|No space left");
    private static final Pattern ECHO =
            Pattern.compile("^E: (setup failed|command failed|mmdebstrap failed|apt-get .* failed)");
    private static final int KEPT = 4;

    private final String object;
    private final Progress progress;
    private final int expected;
    private final Set<String> unpacked = new HashSet<>();
    private final Set<String> setUp = new HashSet<>();
    private final Deque<String> errors = new ArrayDeque<>();
    private final Deque<String> last = new ArrayDeque<>();
    private int announced;
    private int packages;

    /** @param expected how many packages there will be, about */
    BuildProgress(String object, Progress progress, int expected) {
        this.object = object;
        this.progress = progress;
        this.expected = expected;
    }

    @Override
    public synchronized void accept(String line) {
        remember(line);
        Matcher m;
        if ((m = GET.matcher(line)).matches()) progress.doing(object, "fetching " + shortened(m.group(1)), 0, 0);
        else if ((m = NEW.matcher(line)).matches()) announced += Integer.parseInt(m.group(1));
        else if ((m = UNPACK.matcher(line)).matches()) count(unpacked, m.group(1));
        else if ((m = SETUP.matcher(line)).matches()) count(setUp, m.group(1));
        else if ((m = OURS.matcher(line)).matches()) ours(m.group(1), m.group(2));
    }

    private void ours(String what, String number) {
        if (what.equals("packages") && !number.isEmpty()) packages = Integer.parseInt(number);
        if (what.equals("writing")) progress.doing(object, "writing the file system", 0, 0);
    }

    /** Each package counts half when it is unpacked and half when it is set up. */
    private void count(Set<String> seen, String name) {
        seen.add(name);
        int done = (unpacked.size() + setUp.size()) / 2;
        progress.doing(object, "installing packages", done, Math.max(Math.max(expected, announced), done));
    }

    private void remember(String line) {
        if (line.isBlank()) return;
        var text = shortened(line.strip());
        // The first errors are the cause; what follows are programs telling that a program they ran failed.
        if (ERROR.matcher(line).find() && !ECHO.matcher(line).find() && errors.size() < KEPT && !errors.contains(text))
            errors.addLast(text);
        last.addLast(text);
        if (last.size() > KEPT) last.removeFirst();
    }

    private static String shortened(String text) {
        var printable = text.replaceAll("\\p{Cntrl}", "?");
        return printable.length() > 200 ? printable.substring(0, 200) + "…" : printable;
    }

    /** What explains a failure best: the errors, or the last lines when nothing calls itself one. */
    synchronized List<String> reasons() {
        return List.copyOf(errors.isEmpty() ? last : errors);
    }

    /** How many packages the image has; 0 when the build did not get that far. */
    synchronized int packages() {
        return packages;
    }
}
