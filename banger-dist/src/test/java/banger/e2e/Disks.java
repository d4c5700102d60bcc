package banger.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What the writable disks of a VM are made of, as they lie there. */
record Disks(Path vm, Path layers, Optional<List<String>> lines) {
    static Disks of(String name, TestHome home) throws IOException {
        return in(home.state().resolve("vms").resolve(home.vm(name).id()), home);
    }

    static Disks in(Path vm, TestHome home) throws IOException {
        var file = vm.resolve("disks");
        return new Disks(
                vm,
                home.state().resolve("layers"),
                Files.exists(file) ? Optional.of(Files.readAllLines(file)) : Optional.empty());
    }

    private Stream<String> words(String drive) {
        return lines.orElseThrow().stream()
                .filter(l -> l.startsWith(drive + " "))
                .flatMap(l -> Stream.of(l.split(" ")));
    }

    /** What its VMM writes to. */
    Path active(String drive) {
        return vm.resolve(
                lines.isEmpty() ? drive : words(drive).skip(1).findFirst().orElseThrow());
    }

    /** The uppermost first; none under a raw file. */
    List<Path> layers(String drive) {
        if (lines.isEmpty()) return List.of();
        return words(drive)
                .skip(4)
                .map(l -> l.split("\\."))
                .map(l -> layers.resolve(l[0]).resolve("disk." + l[1]))
                .toList();
    }

    /** Nothing of a disk lies there that is not in use. */
    List<String> own() throws IOException {
        return Trees.names(vm).stream()
                .filter(n -> n.matches("vd[bc](\\..*)?|layer\\..*"))
                .toList();
    }
}
