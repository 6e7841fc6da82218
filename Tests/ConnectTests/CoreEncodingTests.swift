// SPDX-License-Identifier: MIT
import Connect
import Testing

@Suite("Codings")
struct CoreEncodingTests {
    @Test func metadataIgnoresCaseAndKeepsOrder() {
        var metadata: RPCMetadata = ["X-One": "1", "two": "2", "x-ONE": "3"]
        #expect(metadata.values("x-one") == ["1", "3"])
        #expect(metadata.map(\.name) == ["x-one", "two", "x-one"])
        metadata.set("X-one", "4")
        #expect(metadata.values("x-one") == ["4"])
        metadata.remove("TWO")
        #expect(metadata.count == 1)
        metadata.addBinary("Raw-Bin", [0, 255])
        #expect(metadata.first("raw-bin") == "AP8")
        #expect(metadata.binary("raw-bin") == [0, 255])
    }

    @Test(arguments: [("a b", "x"), ("", "x"), ("ok", "line\nbreak"), ("ok", "\u{7f}"), ("nüm", "x"), ("a:", "x")])
    func headersThatCannotTravelAreInvalid(_ name: String, _ value: String) {
        #expect(!RPCMetadata.isValid(name: name, value: value))
    }

    @Test func base64IsReadPaddedOrNotInBothAlphabets() {
        #expect(Base64.encode([]) == "")
        #expect(Base64.encode([0xfb, 0xff]) == "+/8")
        #expect(Base64.encodeForURL([0xfb, 0xff]) == "-_8")
        for text in ["+/8", "+/8=", "-_8", "-_8="] { #expect(Base64.decode(text) == [0xfb, 0xff]) }
        for text in ["A", "+/8==", "AA=A", "A B", "AAAAA", "====", "é"] {
            #expect(Base64.decode(text) == nil, "\(text)")
        }
    }

    @Test func base64ReadsWhatItWrote() {
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test(arguments: [
        ("0", Duration.zero), ("5000", .seconds(5)), ("9999999999", .milliseconds(9_999_999_999)),
    ])
    func connectTimeoutsAreMilliseconds(_ text: String, _ timeout: Duration) {
        #expect(TimeoutHeader.parseConnect(text) == timeout)
        #expect(TimeoutHeader.connect(timeout) == text)
    }

    @Test(arguments: ["", "-1", "1.5", "12345678901", "5s", " 5", "٣"])
    func otherConnectTimeoutsAreRefused(_ text: String) { #expect(TimeoutHeader.parseConnect(text) == nil) }

    @Test(arguments: [
        ("1H", Duration.seconds(3600)), ("2M", .seconds(120)), ("3S", .seconds(3)), ("4m", .milliseconds(4)),
        ("5u", .microseconds(5)), ("6n", .nanoseconds(6)), ("99999999n", .nanoseconds(99_999_999)),
    ])
    func grpcTimeoutsHaveAUnit(_ text: String, _ timeout: Duration) {
        #expect(TimeoutHeader.parseGRPC(text) == timeout)
        #expect(TimeoutHeader.parseGRPC(TimeoutHeader.grpc(timeout)) == timeout)
    }

    @Test(arguments: ["", "S", "5", "5s", "123456789S", "-1S", "1.5S", "5 S"])
    func otherGRPCTimeoutsAreRefused(_ text: String) { #expect(TimeoutHeader.parseGRPC(text) == nil) }

    @Test func shortTimeoutsAreRoundedUpAndLongOnesClamped() {
        #expect(TimeoutHeader.connect(.nanoseconds(1)) == "1")
        #expect(TimeoutHeader.connect(.seconds(-3)) == "0")
        #expect(TimeoutHeader.grpc(.seconds(-3)) == "0n")
        #expect(TimeoutHeader.grpc(.seconds(100)) == "100000m")
        #expect(TimeoutHeader.connect(.seconds(Int64.max)) == "9999999999")
    }

    @Test func contentTypesAreReadAndWritten() {
        for text in [
            "application/json", "application/proto", "application/connect+json", "application/connect+proto",
            "application/grpc+proto", "application/grpc+json", "application/grpc-web+proto",
            "application/grpc-web-text+proto",
        ] { #expect(RPCContentType(text)?.headerValue == text) }
        #expect(
            RPCContentType("Application/JSON ; charset=utf-8") == RPCContentType(.connect, .json, isEnveloped: false))
        #expect(RPCContentType("application/grpc") == RPCContentType(.grpc, .proto, isEnveloped: true))
        for text in ["", "text/plain", "application/jsonx", "application/grpc+thrift"] {
            #expect(RPCContentType(text) == nil)
        }
    }

    @Test func envelopesCarryFlagsAndLength() {
        let bytes = EnvelopePrefix.envelope([7, 8, 9], flags: [.compressed, .endStream])
        #expect(bytes == [3, 0, 0, 0, 3, 7, 8, 9])
        #expect(EnvelopePrefix(bytes) == EnvelopePrefix(flags: [.compressed, .endStream], length: 3))
        #expect(EnvelopePrefix([0, 0, 1, 0]) == nil)
        #expect(EnvelopePrefix([0, 255, 255, 255, 255])?.length == .max)
    }

    @Test func percentEncodingKeepsWhatIsNotEncoded() {
        #expect(String(decoding: PercentEncoding.decode("a%20b%zz%4".utf8), as: UTF8.self) == "a b%zz%4")
        #expect(PercentEncoding.encodeQuery(Array("{\"a b\"}".utf8)) == "%7B%22a%20b%22%7D")
    }

    @Test func webTrailersAreHeaderLines() {
        let bytes = WebTrailers.encode(["grpc-status": "0", "cost": "1"])
        #expect(String(decoding: bytes, as: UTF8.self) == "grpc-status: 0\r\ncost: 1\r\n")
        #expect(WebTrailers.decode(bytes) == ["grpc-status": "0", "cost": "1"])
        #expect(WebTrailers.decode(Array("junk\r\nA:b".utf8)) == ["a": "b"])
    }
}

@Suite("Gzip")
struct CoreGzipTests {
    @Test(arguments: [0, 1, 100, 70_000, 1_000_000])
    func whatIsCompressedComesBack(_ length: Int) throws {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * $0 >> 7) }
        #expect(try Gzip.decompress(Gzip.compress(bytes), limit: length) == bytes)
    }

    @Test func aBombStopsAtTheLimit() {
        let bomb = Gzip.compress([UInt8](repeating: 0, count: 50_000_000))
        #expect(bomb.count < 100_000)
        #expect(throws: Gzip.Failure.tooLong) { try Gzip.decompress(bomb, limit: 1_000_000) }
        #expect(throws: Gzip.Failure.tooLong) { try Gzip.decompress(bomb, limit: 49_999_999) }
    }

    @Test func halfAStreamIsMalformed() {
        let bytes = Gzip.compress(Array("some text that is long enough".utf8))
        for length in 0..<bytes.count {
            #expect(throws: Gzip.Failure.malformed) { try Gzip.decompress(Array(bytes.prefix(length)), limit: 1000) }
        }
        #expect(throws: Gzip.Failure.malformed) { try Gzip.decompress(bytes + [0], limit: 1000) }
        #expect(throws: Gzip.Failure.malformed) { try Gzip.decompress(Array("plain".utf8), limit: 1000) }
    }
}
