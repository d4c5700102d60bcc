package banger.workspace.wire;

/** Frame types, docs/protocol.md "Workspace conversation". */
final class Type {
    static final int BEGIN = 1;
    static final int LIST = 2;
    static final int LISTED = 3;
    static final int FILE = 4;
    static final int DATA = 5;
    static final int FILED = 6;
    static final int SKIP = 7;
    static final int GIT = 8;
    static final int COMMIT = 9;
    static final int VERDICT = 10;
    static final int PATHS = 11;
    static final int ASKED = 12;
    static final int WANT = 16;
    static final int KEPT = 17;
    static final int REMOVED = 18;
    static final int ANSWERED = 19;
    static final int DONE = 20;
    static final int FAILED = 31;
    static final int STATE = 32;
    static final int REF = 33;
    static final int CHANGED = 34;
    static final int DELETED = 35;
    static final int IGNORE = 36;
    static final int NAMES = 37;
    static final int LEVEL = 38;
    static final int NEW = 39;
    static final int SCANNED = 40;
    static final int READ_FILE = 48;
    static final int READ_FILED = 49;
    static final int MISSING = 50;
    static final int READ = 51;

    private Type() {}
}
