package banger.workspace.in;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.git.ObjectId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The guest's {@code .git}: written from what is known, never copied from the host's. */
final class GuestGit {
    /** Where a host that moved on is shown to a guest that did too. */
    private static final String HOST = "refs/remotes/host/";

    private final Shipment shipment;

    GuestGit(Shipment shipment) {
        this.shipment = shipment;
    }

    /** Everything, in an order in which the pack comes after the cuts that it needs. */
    List<GitFile> whole(byte[] index, GuestConfig config) {
        var source = shipment.source();
        var files = new ArrayList<GitFile>();
        files.add(new GitFile.Directory("objects"));
        files.add(new GitFile.Directory("refs"));
        files.add(new GitFile.Directory("refs/heads"));
        files.addAll(objects());
        var start = source.start().map(ObjectId::hex);
        var ref = "refs/heads/" + source.branch();
        files.add(text("HEAD", source.branch().isEmpty() ? start.orElse("ref: refs/heads/main") : "ref: " + ref));
        // Always: an earlier one's refs are not this one's.
        var refs = start.filter(_ -> !source.branch().isEmpty())
                .map(id -> "\n" + id + " " + ref)
                .orElse("");
        files.add(text("packed-refs", "# pack-refs with: peeled fully-peeled sorted " + refs));
        files.add(text("config", config.text().stripTrailing()));
        source.special().carried().forEach((name, content) -> files.add(new GitFile.Text(name, content)));
        sparse().ifPresent(files::add);
        files.add(new GitFile.Text("index", index));
        return files;
    }

    /** What may join a repository that the guest has moved: objects, and where the host is now. */
    List<GitFile> besides() {
        var files = new ArrayList<>(objects());
        var head = shipment.source().head();
        var name = head.branch().isEmpty() ? "HEAD" : head.branch();
        shipment.source().start().ifPresent(id -> files.add(text(HOST + name, id.hex())));
        return files;
    }

    private List<GitFile> objects() {
        var files = new ArrayList<GitFile>();
        if (!shipment.cuts().isEmpty())
            files.add(text(
                    "shallow",
                    String.join(
                            "\n", shipment.cuts().stream().map(ObjectId::hex).toList())));
        if (shipment.pack().isPresent()) {
            var pack = shipment.pack().get();
            var name = "objects/pack/" + pack.getFileName();
            if (shipment.partial()) files.add(new GitFile.Text(name + ".promisor", new byte[0]));
            files.add(new GitFile.Copy(name + ".pack", Path.of(pack + ".pack")));
            files.add(new GitFile.Copy(name + ".idx", Path.of(pack + ".idx")));
        }
        return files;
    }

    private Optional<GitFile> sparse() {
        var source = shipment.source();
        var file = source.repository().gitDir().resolve("info/sparse-checkout");
        if (!source.settings().isTrue("core.sparsecheckout", false) || !Files.isRegularFile(file))
            return Optional.empty();
        try {
            return Optional.of(new GitFile.Text("info/sparse-checkout", Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new BangerException(ErrorCode.REPOSITORY_UNSUITABLE, file + ": " + e.getMessage()).because(e);
        }
    }

    private static GitFile text(String path, String line) {
        return new GitFile.Text(path, (line + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
