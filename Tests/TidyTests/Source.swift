// SPDX-License-Identifier: MIT
import Foundation

/// One Swift source of ours.
struct Source: Sendable, CustomStringConvertible {
    /// From the top of the repository.
    let path: String
    /// The text, line by line.
    let lines: [String]
    var description: String { path }
    /// Whether it is below Tests.
    var isTest: Bool { path.hasPrefix("Tests/") }

    /// Lines with their comments and the content of their string literals taken away, so that only code is looked at.
    var code: [String] { lines.map { Self.code(of: $0) } }

    /// One line without its comment and its literals.
    static func code(of line: String) -> String {
        var result = ""
        var isInString = false
        var previous: Character = " "
        for character in line {
            if character == "\"", previous != "\\" { isInString.toggle() }
            if !isInString, character == "/", previous == "/" { return String(result.dropLast()) }
            if !isInString { result.append(character) }
            previous = character
        }
        return result
    }
}

/// The top folder of the repository.
let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// Every Swift file below Sources and Tests, generated ones left out.
let sources: [Source] = {
    var found: [Source] = []
    for folder in ["Sources", "Tests"] {
        let files = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
        while let file = files?.nextObject() as? String {
            guard file.hasSuffix(".swift"), !file.contains("Generated/") else { continue }
            let path = "\(folder)/\(file)"
            // A file that vanished between listing and reading is nobody's concern.
            guard let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8) else { continue }
            found.append(Source(path: path, lines: text.components(separatedBy: "\n")))
        }
    }
    return found
}()

/// Where a pattern stands in code.
func places(_ pattern: String, in files: [Source] = sources) throws -> [String] {
    let expression = try NSRegularExpression(pattern: pattern)
    return files.flatMap { source in
        source.code.enumerated().compactMap { index, line in
            let range = NSRange(line.startIndex..., in: line)
            return expression.firstMatch(in: line, range: range) == nil ? nil : "\(source.path):\(index + 1)"
        }
    }
}

/// All of them but the files that hold the rules, which have to name what they forbid.
let ours = sources.filter { !$0.path.hasPrefix("Tests/TidyTests/") }
