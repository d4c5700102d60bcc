package banger.daemon.api;

import banger.api.model.CacheInfo;
import banger.api.model.ImageInfo;
import banger.api.model.ImageRegister;
import banger.api.model.PullRequest;
import banger.daemon.http.Exchange;
import banger.daemon.http.Operations;
import banger.daemon.http.Operations.OnDisconnect;
import banger.daemon.http.Router;
import banger.daemon.image.CachePrune;
import banger.daemon.image.Image;
import banger.daemon.image.Images;
import banger.daemon.publish.Existing;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code /v1/images}. */
public final class ImageRoutes {
    private final Images images;
    private final Path cacheDirectory;
    private final Operations operations;

    /** @param cacheDirectory of downloads; may be emptied at any time */
    public ImageRoutes(Images images, Path cacheDirectory, Operations operations) {
        this.images = images;
        this.cacheDirectory = cacheDirectory;
        this.operations = operations;
    }

    public void addTo(Router router) {
        router.add("GET", "/v1/images", x -> x.jsonList(ImageInfo.class, all()));
        router.add("POST", "/v1/images", this::pull);
        router.add("POST", "/v1/images/register", this::register);
        router.add("POST", "/v1/cache/prune", this::prune);
        router.add("GET", "/v1/images/{}", x -> x.json(ImageInfo.class, info(images.show(x.parameter(0)))));
        router.add("DELETE", "/v1/images/{}", this::delete);
        router.add("POST", "/v1/images/{}/promote", this::promote);
    }

    private List<ImageInfo> all() {
        var all = new ArrayList<ImageInfo>();
        images.list().forEach(i -> all.add(info(i)));
        for (var recipe : images.available())
            if (all.stream().noneMatch(i -> i.name().equals(recipe.name())))
                all.add(new ImageInfo(recipe.name(), "", true, "", "ext4", 0, "recipe " + recipe.name(), "", true));
        return all;
    }

    private void prune(Exchange x) throws IOException {
        var cache =
                x.query("dry-run").isPresent() ? CachePrune.tally(cacheDirectory) : CachePrune.prune(cacheDirectory);
        x.json(CacheInfo.class, new CacheInfo(cache.directory().toString(), cache.files(), cache.bytes()));
    }

    private static ImageInfo info(Image i) {
        return new ImageInfo(
                i.name(),
                i.digest(),
                i.managed(),
                i.path().toString(),
                i.filesystem(),
                i.size(),
                i.source(),
                i.createdAt().toString(),
                false);
    }

    private static String json(Image image) {
        return Jsonb.instance().type(ImageInfo.class).toJson(info(image));
    }

    private void pull(Exchange x) throws IOException {
        var request = x.body(PullRequest.class);
        var existing = request.force() ? Existing.REPLACE : Existing.KEEP;
        operations.stream(
                x,
                "image.pull",
                request.name(),
                OnDisconnect.CANCEL,
                p -> json(images.pull(request.name(), existing, p)));
    }

    private void register(Exchange x) throws IOException {
        var request = x.body(ImageRegister.class);
        operations.stream(
                x,
                "image.register",
                request.name(),
                OnDisconnect.CANCEL,
                p -> json(images.register(request.name(), Path.of(request.rootfs()), p)));
    }

    private void promote(Exchange x) throws IOException {
        var name = x.parameter(0);
        operations.stream(x, "image.promote", name, OnDisconnect.CANCEL, p -> json(images.promote(name, p)));
    }

    private void delete(Exchange x) throws IOException {
        var name = x.parameter(0);
        operations.stream(x, "image.delete", name, OnDisconnect.GO_ON, p -> {
            var before = json(images.show(name));
            images.delete(name);
            return before;
        });
    }
}
