package banger.workspace.in;

import java.nio.file.Path;

/** One of the files of the guest's {@code .git}. */
sealed interface GitFile {
    int DIRECTORY = 040755;
    int FILE = 0100644;
    int OBJECT = 0100444;

    int mode();

    /** Below {@code .git}. */
    String path();

    record Directory(String path) implements GitFile {
        @Override
        public int mode() {
            return DIRECTORY;
        }
    }

    record Text(String path, byte[] content) implements GitFile {
        @Override
        public int mode() {
            return FILE;
        }
    }

    /** An object file of the shadow's. */
    record Copy(String path, Path file) implements GitFile {
        @Override
        public int mode() {
            return OBJECT;
        }
    }
}
