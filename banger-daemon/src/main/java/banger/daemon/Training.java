package banger.daemon;

import java.io.IOException;
import java.nio.file.Path;
import java.util.jar.JarFile;

/**
 * The daemon with every class of ours loaded: what its AOT cache is made from. Where caches are made no VM can be started, and
 * what only a start needs would be read from jars at the first one.
 */
final class Training {
    private Training() {}

    public static void main(String[] arguments) throws IOException, ClassNotFoundException {
        for (var jar : System.getProperty("java.class.path").split(":"))
            if (Path.of(jar).getFileName().toString().startsWith("banger-")) load(jar);
        Main.main(arguments);
    }

    private static void load(String jar) throws IOException, ClassNotFoundException {
        try (var file = new JarFile(jar)) {
            for (var entry : file.stream().toList()) {
                var name = entry.getName();
                if (name.endsWith(".class"))
                    Class.forName(
                            name.substring(0, name.length() - ".class".length()).replace('/', '.'),
                            false,
                            Training.class.getClassLoader());
            }
        }
    }
}
