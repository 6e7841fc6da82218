// SPDX-License-Identifier: MIT
import Digest
import Foundation
import Testing

/// Generated code is committed; `.ci/generate-protos` makes it and records what belongs together.
@Suite struct GeneratedCodeTests {
    static let targets = ["Sources/Connect", "Sources/NavarchWire", "Tests/ConnectTests"]

    @Test(arguments: targets) func generatedCodeBelongsToItsSchema(_ target: String) throws {
        let folder = ProtoFile.root.appending(path: target)
        let record = try String(contentsOf: folder.appending(path: "Protos/DIGESTS"), encoding: .utf8)
        var schemas: Set<String> = []
        var outputs: Set<String> = []
        for line in record.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            try #require(words.count == 4, "\(line)")
            let schema = try digest(folder, "Protos/\(words[1])")
            #expect(schema == words[0], "\(words[1]) changed: run .ci/generate-protos")
            let output = try digest(folder, "Generated/\(words[3])")
            #expect(output == words[2], "\(words[3]) is not what was generated: run .ci/generate-protos")
            schemas.insert(words[1])
            outputs.insert(words[3])
        }
        let present = try files(in: folder.appending(path: "Protos"), ending: ".proto")
        #expect(present == schemas)
        let generated = try files(in: folder.appending(path: "Generated"), ending: ".swift")
        #expect(generated == outputs)
    }

    private func digest(_ folder: URL, _ path: String) throws -> String {
        SHA256Digest(of: try Data(contentsOf: folder.appending(path: path))).hex
    }

    private func files(in folder: URL, ending: String) throws -> Set<String> {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        return Set(paths.filter { $0.hasSuffix(ending) })
    }
}
