// SPDX-License-Identifier: MIT
import Foundation
import Testing

@testable import navarch_fuzz

/// Every input that once broke something, by target: `Tests/Fuzz/Corpus/TARGET/NAME`.
private func corpus(_ target: String) throws -> [(name: String, bytes: [UInt8])] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz/Corpus/\(target)")
    guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
        ($0, [UInt8](try Data(contentsOf: folder.appending(path: $0))))
    }
}

@Suite struct FuzzTests {
    @Test(arguments: FuzzTargets.names) func everyInputThatOnceBrokeSomethingBreaksNothing(_ name: String) throws {
        let target = try #require(try FuzzTargets.target(name))
        #expect(target.seeds.count > 10)
        for (index, seed) in target.seeds.enumerated() {
            #expect(throws: Never.self, "seed \(index)") { try target.run(seed) }
        }
        for (file, bytes) in try corpus(name) {
            #expect(throws: Never.self, "\(file)") { try target.run(bytes) }
        }
    }

    /// Inputs cut short and with a byte changed, a few thousand: what the fuzzer would try first.
    @Test(arguments: FuzzTargets.names) func nearlyGoodInputsBreakNothing(_ name: String) throws {
        let target = try #require(try FuzzTargets.target(name))
        for seed in target.seeds {
            for position in stride(from: 1, to: seed.count, by: max(1, seed.count / 12)) {
                var changed = seed
                changed[position] ^= UInt8(truncatingIfNeeded: position | 1)
                #expect(throws: Never.self) { try target.run(Array(seed[..<position])) }
                #expect(throws: Never.self) { try target.run(changed) }
            }
        }
    }

    /// A seed that a request refuses to be made from would be an empty one, and a method without a seed would be found late.
    @Test func everyMethodHasAGoodRequestToBeginWith() throws {
        let empty = MessageSeeds.requests(.json).filter { $0.bytes.isEmpty }.map { FuzzMethod.all[$0.index].path }
        #expect(empty == [])
    }

    @Test func whatAnInputBreaksIsSaid() throws {
        #expect(throws: Violation.self) { try require(false, "said") }
        #expect(throws: Violation.self) { try HTTPAnswer.parts(of: Array("HTTP/2 200".utf8)) }
    }
}
