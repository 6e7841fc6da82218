// SPDX-License-Identifier: MIT
import Foundation
import Testing

/// What a line of Swift declares, read by its words: the sources are formatted by one tool, so that a declaration begins its line.
private struct Declaration {
    let indent: Int
    let isPublic: Bool
    let isFunction: Bool

    private static let words = try? NSRegularExpression(
        pattern:
            #"^( *)(?:@\w+(?:\([^)]*\))? )*((?:\w+(?:\(\w+\))? )*?)(func|init|deinit|var|let|struct|class|enum|protocol|actor|typealias|subscript)\b"#
    )

    init?(_ line: String) {
        let range = NSRange(line.startIndex..., in: line)
        guard let match = Self.words?.firstMatch(in: line, range: range),
            let spaces = Range(match.range(at: 1), in: line), let modifiers = Range(match.range(at: 2), in: line),
            let keyword = Range(match.range(at: 3), in: line)
        else { return nil }
        indent = line[spaces].count
        isPublic = line[modifiers].split(separator: " ").contains("public")
        isFunction = ["func", "init", "deinit"].contains(line[keyword])
    }
}

extension Source {
    /// The lines from a function's first to its closing brace, for every function longer than `limit`.
    fileprivate func functions(longerThan limit: Int) -> [String] {
        lines.indices.compactMap { start in
            guard let found = Declaration(lines[start]), found.isFunction, !lines[start].hasSuffix("}") else {
                return nil
            }
            let brace = String(repeating: " ", count: found.indent) + "}"
            guard let end = lines[start...].firstIndex(where: { $0.hasPrefix(brace) }), end - start + 1 > limit else {
                return nil
            }
            return "\(path):\(start + 1): \(end - start + 1) lines"
        }
    }

    /// Public declarations with no doc comment. Those inside an extension that adds a conformance are documented at the protocol,
    /// and so are those in the files that implement a store's protocols for PostgreSQL, an extension of `PostgresStore` each.
    fileprivate var undocumented: [String] {
        var conformance: Int?
        return lines.indices.compactMap { index in
            let line = lines[index]
            if line.hasPrefix("extension ") {
                conformance = line.contains(":") || line.hasPrefix("extension PostgresStore ") ? index : nil
            }
            if line == "}" { conformance = nil }
            guard conformance == nil, let found = Declaration(line), found.isPublic else { return nil }
            let above = lines[..<index].last { !$0.trimmingCharacters(in: .whitespaces).hasPrefix("@") } ?? ""
            let words = above.trimmingCharacters(in: .whitespaces)
            return words.hasPrefix("///") || words.hasSuffix("*/") ? nil : "\(path):\(index + 1)"
        }
    }

    /// Places that drop an error with no comment on the line or in the two above that says why.
    fileprivate var unexplainedDrops: [String] {
        lines.indices.compactMap { index in
            guard Source.code(of: lines[index]).contains("try?") else { return nil }
            let isExplained = lines[max(0, index - 2)...index].contains { $0.contains("//") }
            return isExplained ? nil : "\(path):\(index + 1)"
        }
    }
}

private let shipped = ours.filter { !$0.isTest }

@Test func noFunctionOutgrowsTheHouseStyle() {
    #expect(ours.flatMap { $0.functions(longerThan: 70) } == [])
}

@Test func everyPublicDeclarationSaysWhatItMeans() {
    #expect(shipped.flatMap(\.undocumented) == [])
}

@Test func anErrorIsDroppedOnlyWithAReasonBesideIt() {
    #expect(shipped.flatMap(\.unexplainedDrops) == [])
}

@Test func statementsLiveInQueriesFolders() throws {
    let statement = try NSRegularExpression(
        pattern:
            #""\s*(SELECT\s|INSERT INTO\s|UPDATE\s+\w+\s+SET|DELETE FROM\s|LISTEN\s+\w+"|NOTIFY\s|SET LOCAL\s|WITH\s+\w+\s+AS)"#
    )
    let found = shipped.filter { !$0.path.contains("/Queries/") }.flatMap { source in
        source.lines.enumerated().compactMap { index, line in
            let range = NSRange(line.startIndex..., in: line)
            return statement.firstMatch(in: line, range: range) == nil ? nil : "\(source.path):\(index + 1)"
        }
    }
    #expect(found == [])
}

@Test(arguments: [
    ("public func bare() {", true), ("    public static let bare = 1", true), ("    private let own = 1", false),
    ("let local = publicThing", false),
])
func aDeclarationIsKnownByItsWords(_ line: String, _ isFound: Bool) {
    #expect(Source(path: "x.swift", lines: [line, "}"]).undocumented.isEmpty == !isFound)
}

@Test func aLongFunctionAndASilentDropAreFound() {
    let body = ["    func long() {"] + Array(repeating: "        step()", count: 70) + ["    }"]
    #expect(Source(path: "x.swift", lines: body).functions(longerThan: 70) == ["x.swift:1: 72 lines"])
    #expect(Source(path: "x.swift", lines: ["a()", "b()", "let c = try? d()"]).unexplainedDrops == ["x.swift:3"])
}
