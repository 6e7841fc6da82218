// SPDX-License-Identifier: MIT
import Foundation
import Testing

/// The products of packages that Package.swift names, as `.product(name:package:)` writes them.
private func products() throws -> [(name: String, package: String)] {
    let text = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
    let pattern = try NSRegularExpression(pattern: #"\.product\(name: "(\w+)", package: "([\w-]+)"\)"#)
    return pattern.matches(in: text, range: NSRange(text.startIndex..., in: text)).compactMap { match in
        guard let name = Range(match.range(at: 1), in: text), let package = Range(match.range(at: 2), in: text) else {
            return nil
        }
        return (String(text[name]), String(text[package]))
    }
}

private func imports(_ module: String) -> Bool {
    sources.contains { source in
        source.code.contains { line in
            let words = line.split(separator: " ")
            return words.contains("import") && words.last.map(String.init) == module
        }
    }
}

@Test func everyProductOfAPackageIsImportedSomewhere() throws {
    let declared = try products()
    #expect(declared.count > 10)
    #expect(declared.filter { !imports($0.name) }.map(\.name) == [])
}

@Test func everyPackageGivesAProduct() throws {
    let text = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
    let pattern = try NSRegularExpression(pattern: #"\.package\(url: "[^"]*/([\w-]+)""#)
    let packages = pattern.matches(in: text, range: NSRange(text.startIndex..., in: text)).compactMap {
        Range($0.range(at: 1), in: text).map { String(text[$0]) }
    }
    let used = Set(try products().map(\.package))
    #expect(!packages.isEmpty)
    #expect(packages.filter { !used.contains($0) } == [])
}
