package banger.cli.verbs;

import banger.api.Size;
import banger.api.Times;
import banger.api.model.CacheInfo;
import banger.api.model.ImageInfo;
import banger.api.model.ImageRegister;
import banger.api.model.PullRequest;
import banger.api.text.Table;
import banger.cli.Flag;
import banger.cli.Json;
import banger.cli.Verb;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** {@code image …}. */
public final class ImageVerbs {
    private static final Flag JSON = Flag.yes("--json", "as JSON");

    private ImageVerbs() {}

    public static Verb list() {
        return new Verb(
                "image list",
                "the images there are, and those that can be built",
                "",
                0,
                0,
                false,
                List.of(JSON),
                List.of("banger image list"),
                (i, session) -> {
                    var images = session.daemon().list("/v1/images", ImageInfo.class);
                    if (i.has("--json")) {
                        session.terminal().out().println(Json.list(ImageInfo.class, images));
                        return 0;
                    }
                    if (images.isEmpty()) {
                        session.terminal().line("no images; banger image pull debian-bookworm builds one");
                        return 0;
                    }
                    var table = new Table()
                            .text("NAME")
                            .text("STATE")
                            .number("SIZE")
                            .text("DIGEST")
                            .text("SOURCE")
                            .text("CREATED");
                    for (var image : images)
                        table.row(
                                image.name(),
                                image.available() ? "available" : image.managed() ? "built" : "registered",
                                image.available() ? "-" : Size.human(image.bytes()),
                                image.available() ? "-" : image.digest().substring(0, 12),
                                image.source(),
                                image.available() ? "-" : Times.ago(Instant.parse(image.createdAt()), Instant.now()));
                    session.terminal().table(table);
                    return 0;
                });
    }

    public static Verb show() {
        return new Verb(
                "image show",
                "everything about an image, as JSON",
                "IMAGE",
                1,
                1,
                false,
                List.of(),
                List.of("banger image show debian-bookworm"),
                (i, session) -> {
                    var path = "/v1/images/" + Paths.segment(i.operands().getFirst());
                    session.terminal()
                            .out()
                            .println(Json.of(ImageInfo.class, session.daemon().get(path, ImageInfo.class)));
                    return 0;
                });
    }

    public static Verb pull() {
        return new Verb(
                "image pull",
                "build or fetch an image of the catalog now",
                "IMAGE",
                1,
                1,
                false,
                List.of(Flag.yes("--force", "again, though it is there; existing VMs keep theirs"), JSON),
                List.of("banger image pull debian-minimal"),
                (i, session) -> {
                    var image = session.daemon()
                            .operation(
                                    "POST",
                                    "/v1/images",
                                    PullRequest.class,
                                    new PullRequest(i.operands().getFirst(), i.has("--force")),
                                    ImageInfo.class,
                                    session.events());
                    if (i.has("--json")) session.terminal().out().println(Json.of(ImageInfo.class, image));
                    return 0;
                });
    }

    public static Verb register() {
        return new Verb(
                "image register",
                "use an ext4 file of your own as an image; it stays where it is",
                "",
                0,
                0,
                false,
                List.of(
                        Flag.of("--name", "NAME", "the image's name"),
                        Flag.of("--rootfs", "FILE", "the root file system, ext4"),
                        JSON),
                List.of("banger image register --name mine --rootfs /srv/rootfs.ext4"),
                (i, session) -> {
                    var request = new ImageRegister(
                            Needed.value(i, "image register", "--name"),
                            Path.of(Needed.value(i, "image register", "--rootfs"))
                                    .toAbsolutePath()
                                    .normalize()
                                    .toString());
                    var image = session.daemon()
                            .operation(
                                    "POST",
                                    "/v1/images/register",
                                    ImageRegister.class,
                                    request,
                                    ImageInfo.class,
                                    session.events());
                    session.terminal().line("image " + image.name() + ": registered, " + Size.human(image.bytes()));
                    if (i.has("--json")) session.terminal().out().println(Json.of(ImageInfo.class, image));
                    return 0;
                });
    }

    public static Verb promote() {
        return change(
                "image promote", "copy a registered image into banger's own keeping", "/promote", "POST", "promoted");
    }

    public static Verb delete() {
        return change("image delete", "remove an image that no VM uses", "", "DELETE", "deleted");
    }

    public static Verb pruneCache() {
        return new Verb(
                "image cache prune",
                "remove downloads that can be fetched again",
                "",
                0,
                0,
                false,
                List.of(Flag.yes("--dry-run", "say what it would free, change nothing"), JSON),
                List.of("banger image cache prune --dry-run", "banger image cache prune"),
                (i, session) -> {
                    var path = "/v1/cache/prune" + (i.has("--dry-run") ? "?dry-run=1" : "");
                    var cache = session.daemon().post(path, CacheInfo.class);
                    if (i.has("--json")) session.terminal().out().println(Json.of(CacheInfo.class, cache));
                    else
                        session.terminal()
                                .line((i.has("--dry-run") ? "would free " : "freed ") + Size.human(cache.bytes())
                                        + " across " + cache.files() + (cache.files() == 1 ? " file" : " files")
                                        + " in "
                                        + cache.directory());
                    return 0;
                });
    }

    private static Verb change(String path, String summary, String suffix, String method, String done) {
        return new Verb(
                path, summary, "IMAGE", 1, 1, false, List.of(), List.of("banger " + path + " mine"), (i, session) -> {
                    var image = session.daemon()
                            .operation(
                                    method,
                                    "/v1/images/" + Paths.segment(i.operands().getFirst()) + suffix,
                                    ImageInfo.class,
                                    session.events());
                    session.terminal().line("image " + image.name() + ": " + done);
                    return 0;
                });
    }
}
