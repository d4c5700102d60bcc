package banger.workspace.in;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The configuration that a repository gets in the guest: an allow-list, freshly written. Nothing that
 * names a program, a file, a credential or another place of the host ever goes along.
 *
 * @param text of the file
 * @param stripped remotes whose URL lost what was before the {@code @}
 */
record GuestConfig(String text, List<String> stripped) {
    /** Section, subsection, name. */
    private static final Pattern KEY =
            Pattern.compile("([a-z][a-z0-9-]*)(?:\\.(.*))?\\.([a-z][a-z0-9-]*)", Pattern.DOTALL);

    private static final Pattern USER_INFO =
            Pattern.compile("^([a-z][a-z0-9+.-]*)://([^/@]*)@", Pattern.CASE_INSENSITIVE);

    private static final List<String> EFFECTIVE = List.of("core.autocrlf", "core.eol", "core.safecrlf");
    private static final List<String> SPARSE = List.of("core.sparsecheckout", "core.sparsecheckoutcone");
    private static final List<String> IDENTITY = List.of("user.name", "user.email");
    private static final List<String> REMOTE =
            List.of("url", "pushurl", "fetch", "tagopt", "prune", "promisor", "partialclonefilter");
    private static final List<String> BRANCH = List.of("remote", "merge", "rebase", "pushremote");
    private static final List<String> SUBMODULE = List.of("url", "active", "branch");

    /** @param identity whether that of the repository goes along */
    static GuestConfig of(Source source, boolean identity) {
        var settings = source.settings();
        var stripped = new ArrayList<String>();
        var out = new StringBuilder();
        boolean sha256 = source.repository().format() == banger.workspace.ObjectFormat.SHA256;
        boolean partial = settings.value("extensions.partialclone").isPresent();
        section(out, "core", "");
        value(out, "repositoryformatversion", sha256 || partial ? "1" : "0");
        value(out, "filemode", "true");
        value(out, "bare", "false");
        value(out, "logallrefupdates", "true");
        // The files have the host's times and sizes and the guest's inodes: git need not read them all.
        value(out, "checkStat", "minimal");
        value(out, "trustctime", "false");
        for (var key : EFFECTIVE) settings.value(key).ifPresent(v -> value(out, key.substring(5), v));
        for (var key : SPARSE) if (settings.isTrue(key, false)) value(out, key.substring(5), "true");
        if (sha256 || partial) section(out, "extensions", "");
        if (sha256) value(out, "objectformat", "sha256");
        settings.value("extensions.partialclone").ifPresent(v -> value(out, "partialclone", v));
        if (identity) identity(out, settings);
        for (var s : settings.all()) {
            var m = KEY.matcher(s.key());
            if (!s.ofTheRepository()
                    || !m.matches()
                    || m.group(2) == null
                    || m.group(2).contains("\n")) continue;
            var subsection = m.group(2);
            var name = m.group(3);
            switch (m.group(1)) {
                case "remote" -> {
                    if (!REMOTE.contains(name)) continue;
                    section(out, "remote", subsection);
                    value(out, name, url(name, s.value(), subsection, stripped));
                }
                case "branch" -> {
                    if (!BRANCH.contains(name)) continue;
                    section(out, "branch", subsection);
                    value(out, name, s.value());
                }
                case "submodule" -> {
                    if (!SUBMODULE.contains(name)) continue;
                    section(out, "submodule", subsection);
                    value(out, name, url(name, s.value(), subsection, stripped));
                }
                default -> {}
            }
        }
        return new GuestConfig(out.toString(), stripped.stream().distinct().toList());
    }

    private static void identity(StringBuilder out, Settings settings) {
        var own = settings.all().stream()
                .filter(s -> s.ofTheRepository() && IDENTITY.contains(s.key()))
                .toList();
        if (own.isEmpty()) return;
        section(out, "user", "");
        for (var s : own) value(out, s.key().substring(5), s.value());
    }

    private static String url(String name, String value, String remote, List<String> stripped) {
        if (!name.endsWith("url")) return value;
        var clean = withoutCredentials(value);
        if (!clean.equals(value)) stripped.add(remote);
        return clean;
    }

    /** Tokens in URLs are common. Of ssh the login name stays: it is no secret, and the URL says nothing without it. */
    static String withoutCredentials(String url) {
        var m = USER_INFO.matcher(url);
        if (!m.find()) return url;
        var login = m.group(2).replaceFirst(":.*", "");
        boolean ssh = m.group(1).toLowerCase(Locale.ROOT).matches("ssh|git\\+ssh|ssh\\+git");
        var rest = url.substring(m.end());
        return m.group(1) + "://" + (ssh && !login.isEmpty() ? login + "@" : "") + rest;
    }

    private static void section(StringBuilder out, String name, String subsection) {
        out.append('[').append(name);
        if (!subsection.isEmpty())
            out.append(" \"")
                    .append(subsection.replace("\\", "\\\\").replace("\"", "\\\""))
                    .append('"');
        out.append("]\n");
    }

    private static void value(StringBuilder out, String name, String value) {
        out.append('\t').append(name).append(" = \"");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\\', '"' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                default -> out.append(c);
            }
        }
        out.append("\"\n");
    }
}
