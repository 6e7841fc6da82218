// SPDX-License-Identifier: MIT

import Connect
import Foundation
import Testing

@testable import NavarchClient

struct ConfigurationTests {
    @Test
    func addressesAreReadAsPeopleWriteThem() {
        #expect(ServerAddress.list(" a:1, https://b ,,\tc") == ["a:1", "https://b", "c"])
        #expect(ServerAddress.list(" , ") == [])
        #expect(ServerAddress.withScheme("a:1") == "http://a:1")
        #expect(ServerAddress.withScheme("https://b/x") == "https://b/x")
    }

    @Test
    func aWrongServerIsNamed() {
        let error = #expect(throws: RPCError.self) {
            try ClientConfiguration(servers: ["http://:99999"], product: "test").makeRPCClient()
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("http://:99999") == true)
    }

    @Test
    func keysAreLongAndNeverTheSame() {
        let keys = Set((0..<1_000).map { _ in IdempotencyKey.make() })
        #expect(keys.count == 1_000)
        #expect(keys.allSatisfy { $0.count == 32 && $0.allSatisfy(\.isHexDigit) })
    }

    @Test(arguments: [(0o600, true), (0o400, true), (0o640, true), (0o644, false), (0o660, false), (0o602, false)])
    func secretsMustBeClosedToOthers(_ mode: Int, _ isFine: Bool) throws {
        try withFile("secret\n", mode: mode) { path in
            #expect((TokenFile.complaint(aboutModeOf: path) == nil) == isFine)
            if isFine {
                let token = try TokenFile.read(path)
                #expect(token == "secret")
            } else {
                let error = #expect(throws: RPCError.self) { try TokenFile.read(path) }
                #expect(error?.code == .unauthenticated)
                #expect(error?.message.contains(path) == true)
                #expect(error?.message.contains("chmod 600") == true)
            }
        }
    }

    @Test(arguments: ["", "\n\n", "  \t\n"])
    func aFileWithoutATokenIsRefused(_ text: String) throws {
        try withFile(text, mode: 0o600) { path in
            #expect(throws: RPCError.self) { try TokenFile.read(path) }
        }
    }

    @Test
    func aFileThatIsNoTokenFileIsRefused() throws {
        try withFile(String(repeating: "x", count: 20_000), mode: 0o600) { path in
            let error = #expect(throws: RPCError.self) { try TokenFile.read(path) }
            #expect(error?.message.contains("is longer than") == true)
        }
        let missing = #expect(throws: RPCError.self) { try TokenFile.read("/no/such/file") }
        #expect(missing?.message.contains("No such file") == true)
        #expect(throws: RPCError.self) { try TokenFile.read("/") }
        #expect(TokenFile.complaint(aboutModeOf: "/no/such/file") == nil)
    }

    private func withFile(_ text: String, mode: Int, _ body: (String) throws -> Void) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("navarch-token-\(UUID().uuidString)")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }  // what stays behind is the system's to clean
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        try body(file.path)
    }
}
