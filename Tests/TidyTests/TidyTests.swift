// SPDX-License-Identifier: MIT
import Foundation
import Testing

/// One Swift source of ours.
private struct Source: Sendable, CustomStringConvertible {
    let path: String
    let lines: [String]
    var description: String { path }
    var isTest: Bool { path.hasPrefix("Tests/") }

    /// Lines with their comments and the content of their string literals taken away, so that only code is looked at.
    var code: [String] { lines.map { Self.code(of: $0) } }

    private static func code(of line: String) -> String {
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

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// Every Swift file below Sources and Tests, generated ones left out.
private let sources: [Source] = {
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
private func places(_ pattern: String, in files: [Source] = sources) throws -> [String] {
    let expression = try NSRegularExpression(pattern: pattern)
    return files.flatMap { source in
        source.code.enumerated().compactMap { index, line in
            let range = NSRange(line.startIndex..., in: line)
            return expression.firstMatch(in: line, range: range) == nil ? nil : "\(source.path):\(index + 1)"
        }
    }
}

private let ours = sources.filter { $0.path != "Tests/TidyTests/TidyTests.swift" }

@Test func thereAreSourcesToLookAt() {
    #expect(sources.count > 200)
}

@Test func everyFileNamesItsLicence() {
    let without = sources.filter {
        !($0.lines.first ?? "").contains("SPDX-License-Identifier: MIT")
            && !($0.lines.first ?? "").contains("swift-tools")
    }
    #expect(without.map(\.path) == [])
}

@Test func noFileOutgrowsTheHouseStyle() {
    #expect(sources.filter { $0.lines.count > ($0.isTest ? 801 : 501) }.map(\.path) == [])
}

@Test func nothingIsLeftForLaterInAComment() {
    let marked = ours.flatMap { source in
        source.lines.enumerated().filter { $1.contains("TODO") || $1.contains("FIXME") }.map {
            "\(source.path):\($0.offset + 1)"
        }
    }
    #expect(marked == [])
}

@Test func noTaskIsWithoutAParent() throws {
    let files = ours.filter { !$0.isTest && !$0.path.hasPrefix("Tests/Benchmarks") }
    #expect(try places(#"\bTask(\.detached)?\s*(\(|\{)"#, in: files) == [])
}

@Test func nothingIsForced() throws {
    #expect(try places(#"\btry!|\bas!"#) == [])
}

@Test func noTestSleeps() throws {
    let files = ours.filter { $0.isTest && !$0.path.hasPrefix("Tests/Benchmarks") }
    #expect(try places(#"\b(usleep|Thread\.sleep|sleep\(\d)"#, in: files) == [])
}

@Test func onlyProgramsPrint() throws {
    let programs = ["Sources/navarch/", "Sources/migrate/", "Tests/"]
    let files = ours.filter { source in !programs.contains { source.path.hasPrefix($0) } }
    #expect(try places(#"(^|[^.\w])print\("#, in: files) == [])
}

@Test func theLibrariesKnowNothingOfTheFleet() {
    let libraries = [
        "Sources/Postgres/", "Sources/CLibpq/", "Sources/Connect/", "Sources/ConnectServer/", "Sources/ConnectClient/",
    ]
    let named = sources.filter { source in libraries.contains { source.path.hasPrefix($0) } }.flatMap { source in
        source.lines.enumerated().compactMap { index, line in
            ["navarch", "fleet", "gpu"].contains { line.lowercased().contains($0) }
                ? "\(source.path):\(index + 1)" : nil
        }
    }
    #expect(named == [])
}

@Test func noFolderHasANameThatSaysNothing() {
    let empty: Set = ["Utils", "Helpers", "Common", "Extensions", "New"]
    #expect(
        sources.filter { !Set($0.path.split(separator: "/").map(String.init)).isDisjoint(with: empty) }.map(\.path)
            == [])
}

@Test func theTopLevelHoldsWhatTheHouseStyleNames() throws {
    let allowed: Set = ["Sources", "Tests", "migrations", "docker", "docs"]
    let entries = try FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: [.isDirectoryKey])
    let folders = try entries.filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }.map(
        \.lastPathComponent)
    #expect(folders.filter { !$0.hasPrefix(".") && !allowed.contains($0) } == [])
}
