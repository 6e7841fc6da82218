// SPDX-License-Identifier: MIT

/// The comment lines that open a file: its directives, and the undo that they hold.
///
///     -- SPDX-License-Identifier: MIT
///     -- navarch:phase expand
///     -- navarch:transaction no
///     -- navarch:undo
///     -- DROP INDEX CONCURRENTLY IF EXISTS node_zone;
///     -- navarch:end-undo
///     -- navarch:allow blocking-index: the table is new in this release
struct MigrationHeader {
    var phase: MigrationFile.Phase?
    var transactional = true
    var minimumBinary: Int32?
    var undo: String?
    var allowances: [String: String] = [:]
    var problems: [(line: Int, message: String)] = []
    /// The line of `-- navarch:undo` while its end is awaited.
    private var undoLine: Int?
    private var seen: Set<String> = []

    private static let mark = "navarch:"

    init(_ lines: [Substring]) {
        if lines.first?.hasPrefix("-- SPDX-License-Identifier: ") != true {
            problems.append((1, "the first line must be `-- SPDX-License-Identifier: …`"))
        }
        var inHeader = true
        for (index, line) in lines.enumerated() {
            guard line.hasPrefix("--") else {
                if !line.allSatisfy(\.isWhitespace) { inHeader = false }
                continue
            }
            let comment = line.dropFirst(2)
            let words = comment.drop { $0 == " " }
            if words.hasPrefix(Self.mark) {
                guard inHeader else {
                    problems.append((index + 1, "directives stand above the first statement"))
                    continue
                }
                read(words.dropFirst(Self.mark.count), line: index + 1)
            } else if undoLine != nil {
                undo?.append(contentsOf: comment.hasPrefix(" ") ? comment.dropFirst() : comment)
                undo?.append("\n")
            }
        }
        if let undoLine { problems.append((undoLine, "`undo` without its `-- navarch:end-undo`")) }
    }

    private mutating func read(_ directive: Substring, line: Int) {
        let name = directive.prefix { !$0.isWhitespace }
        let argument = directive.dropFirst(name.count).drop(while: \.isWhitespace)
        let value = String(argument.reversed().drop(while: \.isWhitespace).reversed())
        if name != "allow" && !seen.insert(String(name)).inserted {
            problems.append((line, "`\(name)` is given twice"))
        }
        switch name {
        case "phase": readPhase(value, line)
        case "transaction":
            if value == "no" {
                transactional = false
            } else {
                problems.append(
                    (line, "`transaction \(value)`: only `transaction no` is known; a transaction is the default"))
            }
        case "min-binary": readMinimum(value, line)
        case "undo":
            undo = ""
            undoLine = line
        case "end-undo":
            if undoLine == nil { problems.append((line, "`end-undo` without `undo`")) }
            undoLine = nil
        case "allow": readAllowance(value, line)
        default:
            problems.append(
                (line, "unknown directive `\(name)`; known: phase, transaction, min-binary, undo, end-undo, allow"))
        }
    }

    private mutating func readPhase(_ value: String, _ line: Int) {
        phase = MigrationFile.Phase(rawValue: value)
        if phase == nil { problems.append((line, "`phase \(value)`: it is `expand` or `contract`")) }
    }

    private mutating func readMinimum(_ value: String, _ line: Int) {
        let parts = value.split(separator: " ")
        guard parts.count == 2, parts[0] == "schema", let number = Int32(parts[1]), number > 0 else {
            problems.append(
                (line, "`min-binary \(value)`: write `min-binary schema N`, N the newest step that a binary must know"))
            return
        }
        minimumBinary = number
    }

    private mutating func readAllowance(_ value: String, _ line: Int) {
        let parts = value.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, LintRule(rawValue: String(parts[0])) != nil else {
            let known = LintRule.allCases.map(\.rawValue).joined(separator: ", ")
            problems.append((line, "`allow \(value)`: write `allow RULE: why`; rules: \(known)"))
            return
        }
        allowances[String(parts[0])] = String(parts[1].drop(while: \.isWhitespace))
    }
}
