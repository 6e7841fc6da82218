// SPDX-License-Identifier: MIT
import CBuildInfo

/// What a binary knows of its own making; printed by `--version` and reported by replicas and agents.
public enum BuildInfo {
    /// The product's version, semantic versioning (semver.org).
    public static let version = "0.1.0"

    /// The commit built from, or "unknown".
    public static var commit: String { String(cString: navarch_commit()) }

    /// The time of the build, RFC 3339, or "unknown".
    public static var date: String { String(cString: navarch_build_date()) }

    /// The one line that `--version` prints.
    public static func line(for product: String) -> String {
        "\(product) \(version) (commit \(commit), built \(date))"
    }
}
