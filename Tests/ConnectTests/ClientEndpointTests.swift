// SPDX-License-Identifier: MIT

import Connect
import NIOCore
import Testing

@testable import ConnectClient

@Suite struct ClientEndpointTests {
    @Test(arguments: [
        ("http://127.0.0.1:8080", "127.0.0.1", 8080, "", "127.0.0.1:8080", false),
        ("HTTPS://example.org", "example.org", 443, "", "example.org", true),
        ("http://example.org/", "example.org", 80, "", "example.org", false),
        ("http://example.org:81/api/v2/", "example.org", 81, "/api/v2", "example.org:81", false),
        ("https://[::1]:8443", "::1", 8443, "", "[::1]:8443", true),
        ("http://[fe80::1]", "fe80::1", 80, "", "[fe80::1]", false),
    ])
    func aBaseURLIsTakenApart(
        url: String, host: String, port: Int, prefix: String, authority: String, isSecure: Bool
    ) throws {
        let endpoint = try Endpoint(url)
        #expect(endpoint.host == host)
        #expect(endpoint.port == port)
        #expect(endpoint.pathPrefix == prefix)
        #expect(endpoint.authority == authority)
        #expect(endpoint.isSecure == isSecure)
    }

    @Test(arguments: [
        "", "127.0.0.1:8080", "ftp://x", "http://", "http://:80", "http://x:0", "http://x:70000", "http://x:a",
        "http://u@x",
        "http://x?q", "http://x/#f", "http://::1", "http://[]", "http://a b", "http://[::1]x",
    ])
    func aWrongBaseURLIsRefusedWithItsName(url: String) {
        #expect {
            try Endpoint(url)
        } throws: { error in
            let error = error as? RPCError
            return error?.code == .invalidArgument && error?.message.contains("'\(url)'") == true
        }
    }

    @Test(arguments: [("127.0.0.1", true), ("[::1]", true), ("example.org", false), ("10.example", false)])
    func anAddressIsNoNameForTLS(host: String, isAddress: Bool) throws {
        #expect(try Endpoint("https://\(host)").hostIsAddress == isAddress)
    }

    @Test func callsPreferTheFirstEndpointThatIsWell() {
        var rotation = EndpointRotation(count: 3, takesTurns: false, policy: RPCEjectionPolicy())
        let start = NIODeadline.uptimeNanoseconds(1)
        #expect(rotation.pick(at: start) == 0)
        #expect(rotation.pick(at: start) == 0)
        #expect(rotation.pick(at: start, avoiding: [0]) == 1)
        #expect(rotation.failed(0, .connection, at: start, chance: 1) == .seconds(1))
        #expect(rotation.pick(at: start) == 1)
        rotation.succeeded(0)
        #expect(rotation.pick(at: start) == 0)
    }

    @Test func callsTakeTurnsWhereTheyShould() {
        var rotation = EndpointRotation(count: 3, takesTurns: true, policy: RPCEjectionPolicy())
        let start = NIODeadline.uptimeNanoseconds(1)
        #expect((0..<6).map { _ in rotation.pick(at: start) } == [0, 1, 2, 0, 1, 2])
        _ = rotation.failed(1, .connection, at: start, chance: 1)
        #expect((0..<3).map { _ in rotation.pick(at: start) } == [0, 2, 2])
    }

    @Test func anEjectionDoublesUpToItsLongest() {
        var rotation = EndpointRotation(count: 1, takesTurns: false, policy: RPCEjectionPolicy())
        let start = NIODeadline.uptimeNanoseconds(1)
        let times = (0..<8).map { _ in rotation.failed(0, .connection, at: start, chance: 1) }
        #expect(times == [1, 2, 4, 8, 16, 30, 30, 30].map { TimeAmount.seconds($0) })
        rotation.succeeded(0)
        #expect(rotation.failed(0, .connection, at: start, chance: 0) == .milliseconds(500))
    }

    @Test func anEndpointThatServedItsTimeGetsOneProbe() {
        var rotation = EndpointRotation(count: 2, takesTurns: false, policy: RPCEjectionPolicy())
        let start = NIODeadline.uptimeNanoseconds(1)
        _ = rotation.failed(0, .connection, at: start, chance: 1)
        let later = start + .seconds(1)
        #expect(rotation.pick(at: later) == 0)
        #expect(rotation.pick(at: later) == 1)
        #expect(rotation.pick(at: later + .seconds(2)) == 0)
    }

    @Test func onlyRefusalsInARowEject() {
        var rotation = EndpointRotation(count: 2, takesTurns: false, policy: RPCEjectionPolicy())
        let start = NIODeadline.uptimeNanoseconds(1)
        #expect(rotation.failed(0, .refusal, at: start, chance: 1) == nil)
        #expect(rotation.failed(0, .refusal, at: start, chance: 1) == nil)
        rotation.succeeded(0)
        #expect(rotation.failed(0, .refusal, at: start, chance: 1) == nil)
        #expect(rotation.failed(0, .refusal, at: start, chance: 1) == nil)
        #expect(rotation.failed(0, .refusal, at: start, chance: 1) != nil)
        #expect(rotation.pick(at: start) == 1)
    }

    @Test func whenAllAreEjectedTheOneThatIsBackFirstMustDo() {
        var rotation = EndpointRotation(count: 2, takesTurns: false, policy: RPCEjectionPolicy())
        let start = NIODeadline.uptimeNanoseconds(1)
        _ = rotation.failed(0, .connection, at: start, chance: 1)
        _ = rotation.failed(1, .connection, at: start, chance: 0)
        #expect(rotation.pick(at: start) == 1)
    }
}
