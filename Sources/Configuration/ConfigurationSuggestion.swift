// SPDX-License-Identifier: MIT

/// A setting that a file may hold for another program or an earlier version, and what to do instead.
public struct ConfigurationRefusal: Sendable {
    /// The key, or the section with all that is in it.
    public let path: String
    /// One sentence: what replaces it.
    public let reason: String

    /// Declares that `path` is known and not taken.
    public init(_ path: String, _ reason: String) {
        self.path = path
        self.reason = reason
    }
}

/// Finds what a misspelt key may have meant.
enum ConfigurationSuggestion {
    /// The path that `key`, in the section `section`, was most likely meant for; nil when nothing is near.
    static func nearest(to key: String, in section: String, among paths: [String]) -> String? {
        let prefix = section.isEmpty ? "" : section + "."
        let here = Set(
            paths.filter { $0.hasPrefix(prefix) }.compactMap {
                $0.dropFirst(prefix.count).split(separator: ".").first.map { prefix + $0 }
            })
        // A key that stands in the wrong section is meant more often than one that looks alike.
        if let elsewhere = paths.first(where: { $0.split(separator: ".").last.map(String.init) == key }) {
            return elsewhere
        }
        let ranked = here.map { (path: $0, distance: distance(key, String($0.dropFirst(prefix.count)))) }
        guard let best = ranked.min(by: { ($0.distance, $0.path) < ($1.distance, $1.path) }),
            best.distance <= max(2, key.count / 3)
        else { return nil }
        return best.path
    }

    /// How many letters to put in, take out or change (Levenshtein); O(product of the lengths).
    static func distance(_ first: String, _ second: String) -> Int {
        let second = Array(second)
        var row = Array(0...second.count)
        for (i, letter) in first.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in second.enumerated() {
                let changed = diagonal + (letter == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(changed, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[second.count]
    }
}
