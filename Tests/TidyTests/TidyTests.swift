// SPDX-License-Identifier: MIT
import Foundation
import Testing

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

/// The standard library's lock and continuations tell the thread sanitizer too little: `make sanitize` would see races that are none (decision 0220).
@Test func everyLockAndContinuationIsOneThatTheSanitizerKnows() throws {
    let files = ours.filter { !$0.path.hasPrefix("Sources/Locks/") }
    let known = try Regex(#"\bMutex[<(]|\bwith(Checked|Unsafe)(Throwing)?Continuation\b"#)
    let withoutImport = files.filter { source in
        !source.lines.contains("import Locks") && source.code.contains { $0.firstMatch(of: known) != nil }
    }
    #expect(withoutImport.map(\.path) == [])
    #expect(try places(#"Synchronization\.Mutex|\bNSLock\b|\bNIOLock\b|\bos_unfair_lock\b"#, in: files) == [])
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
        "Sources/Locks/", "Sources/Postgres/", "Sources/CLibpq/", "Sources/Connect/", "Sources/ConnectServer/",
        "Sources/ConnectClient/",
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
