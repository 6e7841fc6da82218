// SPDX-License-Identifier: MIT
import Configuration
import Connect
import Migrations
import NavarchModel

/// The small languages: selectors, durations, timeouts, codings, errors as a client reads them, configuration and migration files.
///
/// An input's first byte chooses which.
struct TextTarget: FuzzTarget {
    private static let checks: [@Sendable ([UInt8]) throws -> Void] = [
        selector, duration, timeouts, codings, gzip, errors, trailers, names, configuration, migration, address,
    ]

    func run(_ input: [UInt8]) throws {
        var reader = InputReader(input)
        try reader.choice(Self.checks)(Array(reader.rest))
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func selector(_ bytes: [UInt8]) throws {
        let text = text(bytes)
        do throws(LabelSelector.SyntaxError) {
            let selector = try LabelSelector(text)
            _ = selector.matches(["a": "b", "zone": "x"])
        } catch {
            try require((0...text.count).contains(error.offset), "a mistake outside the text: \(error)")
        }
    }

    private static func duration(_ bytes: [UInt8]) throws {
        guard let duration = GoDuration.parse(text(bytes)) else { return }
        let written = GoDuration.text(duration)
        try require(GoDuration.parse(written) == duration, "\(duration) is written as \(written), which is another")
    }

    private static func timeouts(_ bytes: [UInt8]) throws {
        let text = text(bytes)
        if let timeout = TimeoutHeader.parseConnect(text) {
            try require(TimeoutHeader.parseConnect(TimeoutHeader.connect(timeout)) == timeout, "\(text) changes")
        }
        guard let timeout = TimeoutHeader.parseGRPC(text) else { return }
        let again = TimeoutHeader.parseGRPC(TimeoutHeader.grpc(timeout))
        // Longer ones are cut to 292 years; all others are rounded up.
        guard timeout < .seconds(9_000_000_000) else { return }
        try require(again.map { $0 >= timeout } == true, "\(text) becomes shorter")
    }

    private static func codings(_ bytes: [UInt8]) throws {
        try require(Base64.decode(Base64.encode(bytes)) == bytes, "base64 changes bytes")
        try require(Base64.decode(Base64.encodeForURL(bytes)) == bytes, "base64 for URLs changes bytes")
        try require(
            PercentEncoding.decode(PercentEncoding.encodeQuery(bytes).utf8) == bytes, "percent-encoding changes bytes")
        let text = text(bytes)
        let encoded = PercentEncoding.encodeMessage(text)
        try require(PercentEncoding.decodeMessage(encoded) == text, "percent-encoding changes a message")
        try require(RPCMetadata.isValid(name: "grpc-message", value: encoded), "a message is no header: \(encoded)")
        if let decoded = Base64.decode(text) {
            try require(Base64.decode(Base64.encode(decoded)) == decoded, "base64 changes what it read")
        }
    }

    private static func gzip(_ bytes: [UInt8]) throws {
        let limit = 1 << 20
        do throws(Gzip.Failure) {
            let plain = try Gzip.decompress(bytes, limit: limit)
            guard plain.count <= limit else { throw Gzip.Failure.tooLong }
        } catch {
            switch error {
            case .malformed, .tooLong: break
            }
        }
        do {
            try require(try Gzip.decompress(Gzip.compress(bytes), limit: bytes.count) == bytes, "gzip changes bytes")
        } catch let failure as Gzip.Failure {
            throw Violation("gzip does not read what it wrote: \(failure)")
        }
    }

    private static func errors(_ bytes: [UInt8]) throws {
        if let error = ErrorJSON.decode(bytes) {
            guard let again = ErrorJSON.decode(ErrorJSON.encode(error)) else { throw Violation("\(error) is lost") }
            try require(again.code == error.code && again.message == error.message, "\(error) becomes \(again)")
            try require(again.details.map(\.value) == error.details.map(\.value), "the details of \(error) change")
        }
        guard let end = EndOfStream(bytes) else { return }
        guard let again = EndOfStream(end.bytes) else { throw Violation("the end of a stream is lost") }
        try require(again.error?.code == end.error?.code, "the end of a stream changes its code")
        try require(pairs(again.trailers) == pairs(end.trailers), "the end of a stream changes its trailers")
    }

    private static func pairs(_ metadata: RPCMetadata) -> [String] {
        metadata.map { "\($0.name)\u{0}\($0.value)" }.sorted()
    }

    private static func trailers(_ bytes: [UInt8]) throws {
        let trailers = WebTrailers.decode(bytes)
        try require(WebTrailers.decode(WebTrailers.encode(trailers)) == trailers, "trailers change")
        guard let error = GRPCStatus.error(in: trailers), !error.message.isEmpty else { return }
        let again = GRPCStatus.error(in: GRPCStatus.trailers(for: error))
        try require(again?.code == error.code && again?.message == error.message, "\(error) changes in trailers")
    }

    private static func names(_ bytes: [UInt8]) throws {
        let text = text(bytes)
        if let type = RPCContentType(text) {
            try require(RPCContentType(type.headerValue) == type, "\(text) changes as a content type")
        }
        if let id = CommandID(text) { try require(CommandID(id.description) == id, "\(text) changes as an id") }
        if let cursor = FeedCursor(text) {
            try require(FeedCursor(cursor.description) == cursor, "\(text) changes as a cursor")
        }
    }

    private static func address(_ bytes: [UInt8]) throws {
        guard let address = HostAndPort(text(bytes)) else { return }
        try require((0...65_535).contains(address.port) && !address.host.isEmpty, "\(address) is no address")
    }

    private static let schema = ConfigurationSchema(
        [
            ConfigurationField("server.listen", .address, default: ":8080", environment: "LISTEN", "where"),
            ConfigurationField(
                "server.timeout", .duration(.seconds(1) ... .seconds(3_600)), default: "30s", "how long"),
            ConfigurationField("server.share", .double(0...1), "how much"),
            ConfigurationField("server.limits.calls", .int(1...1_000), default: "10", "how many"),
            ConfigurationField("log.level", .oneOf(["debug", "info"]), default: "info", "how loud"),
            ConfigurationField("log.json", .bool, "how"), ConfigurationField("name", .string, "who"),
            ConfigurationField("tags", .strings, "what"), ConfigurationField("labels", .pairs, "which"),
        ], refusals: [ConfigurationRefusal("pools", "there are none")])

    private static func configuration(_ bytes: [UInt8]) throws {
        do {
            let values = try schema.load(file: ("f.yaml", text(bytes)), environment: ["HOME": "/h"])
            _ = values.pairs("labels")
            _ = values.strings("tags")
            try require(!values.dump().isEmpty, "a configuration says nothing")
        } catch let errors as ConfigurationErrors {
            try require(!errors.mistakes.isEmpty, "a configuration is refused without a reason")
        }
    }

    private static func migration(_ bytes: [UInt8]) throws {
        let text = text(bytes)
        do {
            let file = try MigrationFile(fileName: "0001_fuzz.sql", text: text)
            _ = MigrationLint.findings(in: file)
            try require(!file.statements.isEmpty, "a migration without a statement is taken")
        } catch let invalid as MigrationFile.Invalid {
            let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
            try require(invalid.problems.allSatisfy { (0...lines).contains($0.line) }, "a mistake outside the file")
        }
    }

    var seeds: [[UInt8]] {
        let migration =
            "-- SPDX-License-Identifier: MIT\n-- navarch:phase expand\n-- navarch:undo\n-- DROP TABLE a;\n-- navarch:end-undo\n-- navarch:allow blocking-index: new\nCREATE TABLE a (b int DEFAULT 1, c text CHECK (c <> $x$;$x$));\nCREATE INDEX ON a (b); /* a /* b */ */ SELECT E'\\'', 'a''b', \"q\"\"q\";\n"
        let yaml =
            "server:\n  listen: 127.0.0.1:80\n  timeout: 1m30s\n  limits: {calls: 5}\nlog: &l\n  level: debug\n  json: true\nname: ${HOME}\ntags: [a, b]\nlabels: {x: y}\n"
        let error = #"{"code":"not_found","message":"no","details":[{"type":"a.B","value":"AQI","debug":{"x":1}}]}"#
        let texts: [(UInt8, String)] = [
            (0, "a=b,c!=d,e in (x,y),!f,g notin (h),i"), (1, "1h30m2.5s"), (1, "-250ms"), (1, "9223372036s"),
            (2, "100"),
            (2, "99999999H"), (2, "5m"), (3, "aGVsbG8="), (3, "50% of ä"), (5, error),
            (5, #"{"error":\#(error),"metadata":{"A-b":["c","d"]}}"#),
            (6, "grpc-status: 5\r\ngrpc-message: no%20\r\na-bin: AQ\r\n"),
            (7, "application/grpc-web-text+json; charset=utf-8"), (7, "9f0c7a52-8f2e-4a43-9d0c-5b1f0a3f6f10/12"),
            (8, yaml),
            (8, "server.listen: x\nservr: {}\npools: 1\n"), (9, migration), (10, "[::1]:80"),
        ]
        return texts.map { [$0] + Array($1.utf8) } + [[4] + Gzip.compress(Array("hello hello hello".utf8))]
    }

    var dictionary: [String] {
        [
            " in (", " notin (", "!=", "==", "ns", "us", "µs", "ms", "h", "grpc-status", "grpc-status-details-bin: ",
            "\"details\"", "\"metadata\"", "\"error\"", "server:", "limits", "&a", "*a", "<<: ", "${HOME}", "!!binary",
            "? ",
            "-- navarch:phase ", "-- navarch:undo", "-- navarch:end-undo", "-- navarch:min-binary schema ", "$x$", "E'",
            "/*",
            "CREATE UNIQUE INDEX CONCURRENTLY ", "ALTER TABLE ", "application/", "\u{1f}\u{8b}",
        ]
    }
}
