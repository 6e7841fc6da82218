// SPDX-License-Identifier: MIT
import Configuration
import Foundation
import Testing

@Suite struct ConfigurationSchemaTests {
    private let schema = ConfigurationSchema([
        ConfigurationField(
            "server.listen", .string, default: "127.0.0.1:50051", environment: "APP_LISTEN", "Where to listen."),
        ConfigurationField("server.workers", .int(1...64), default: "4", "How many."),
        ConfigurationField("server.timeout", .duration(.seconds(1)...(.seconds(3600))), default: "30s", "How long."),
        ConfigurationField("server.ratio", .double(0...1), "A share."),
        ConfigurationField(
            "log.level", .oneOf(["debug", "info"]), default: "info", environment: "APP_LEVEL", "How loud."),
        ConfigurationField("log.json", .bool, default: "true", "As JSON."),
        ConfigurationField("peers", .strings, environment: "APP_PEERS", "The others."),
        ConfigurationField("token", .string, environment: "APP_TOKEN", isSecret: true, "The secret."),
    ])

    @Test func aFlagWinsOverTheEnvironmentThatOverTheFileThatOverTheDefault() throws {
        let file = ("app.yaml", "server:\n  listen: file:1\n  workers: 8\nlog:\n  level: debug\n")
        let values = try schema.load(
            file: file, environment: ["APP_LISTEN": "env:1", "APP_LEVEL": "info"], flags: ["server.listen": "flag:1"])
        #expect(values.string("server.listen") == "flag:1")
        #expect(values.source(of: "server.listen") == "--listen")
        #expect(values.string("log.level") == "info")
        #expect(values.source(of: "log.level") == "APP_LEVEL")
        #expect(values.int("server.workers") == 8)
        #expect(values.source(of: "server.workers") == "app.yaml:3")
        #expect(values.duration("server.timeout") == .seconds(30))
        #expect(values.source(of: "server.timeout") == "default")
        #expect(values.double("server.ratio") == nil)
        #expect(values.bool("log.json") == true)
    }

    @Test func everyMistakeOfEverySourceIsToldAtOnceWithItsLine() throws {
        let file = (
            "app.yaml",
            """
            server:
              listn: x
              workers: 65
              timeout: 30
              ratio: [1]
            log:
              json: yes please
              level: loud
            peers:
              - a: b
            token: ${NO_SUCH}
            other: 1
            """
        )
        let error = #expect(throws: ConfigurationErrors.self) {
            try schema.load(file: file, environment: ["APP_LEVEL": "shrill"], flags: ["server.workers": "many"])
        }
        let places = error?.mistakes.map { "\($0.source) \($0.path)" } ?? []
        #expect(
            places == [
                "app.yaml:2 server.listn", "app.yaml:3 server.workers", "app.yaml:4 server.timeout",
                "app.yaml:5 server.ratio", "app.yaml:7 log.json", "app.yaml:8 log.level", "app.yaml:9 peers",
                "app.yaml:11 token", "app.yaml:12 other", "APP_LEVEL log.level", "--workers server.workers",
            ])
        let text = error?.description ?? ""
        #expect(text.contains("\"65\" is not accepted: it must be a whole number from 1 to 64"))
        #expect(text.contains("known here: listen, ratio, timeout, workers"))
        #expect(text.contains("a duration such as 30s"))
    }

    @Test(arguments: [
        ("server: [", "app.yaml:"), ("log:\n  level: info\n  level: debug\n", "app.yaml:"),
        ("- a\n- b\n", "app.yaml:1"),
        ("server: 5\n", "app.yaml:1"),
    ])
    func aFileOfTheWrongFormIsAMistakeAndNoCrash(_ text: String, _ source: String) {
        let error = #expect(throws: ConfigurationErrors.self) { try schema.load(file: ("app.yaml", text)) }
        #expect(error?.mistakes.count == 1)
        #expect(error?.mistakes.first?.source.hasPrefix(source) == true, "\(String(describing: error))")
    }

    @Test func emptyFilesAndSectionsSayNothing() throws {
        for text in ["", "# only a comment\n", "server:\nlog: ~\n", "server:\n  listen: ~\n"] {
            #expect(try schema.load(file: ("app.yaml", text)).string("server.listen") == "127.0.0.1:50051")
        }
    }

    @Test func listsComeFromYAMLOrFromCommas() throws {
        #expect(try schema.load(file: ("a", "peers: [a, b]\n")).strings("peers") == ["a", "b"])
        #expect(try schema.load(file: ("a", "peers: a, b\n")).strings("peers") == ["a", "b"])
        #expect(try schema.load(environment: ["APP_PEERS": "c,d"]).strings("peers") == ["c", "d"])
        #expect(try schema.load().strings("peers").isEmpty)
    }

    @Test func secretsComeFromVariablesAndFilesAndAreNeverShown() throws {
        let path = NSTemporaryDirectory() + "configuration-\(UInt64.random(in: 0...UInt64.max))"
        try "s3cret\n".write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }  // a leftover in /tmp harms nobody
        for (file, environment) in [
            ("token: file:\(path)\n", [:]), ("token: ${HIDDEN}\n", ["HIDDEN": "s3cret"]),
            ("", ["APP_TOKEN": "file:\(path)"]),
        ] {
            let values = try schema.load(file: ("a", file), environment: environment)
            #expect(values.string("token") == "s3cret")
            #expect(values.dump().contains("token: (hidden)"))
            #expect(!values.dump().contains("s3cret"))
        }
        #expect(throws: ConfigurationErrors.self) { try schema.load(file: ("a", "token: file:/nonexistent\n")) }
    }

    @Test func theDumpAndTheDocumentationNameEverySetting() throws {
        let dump = try schema.load().dump()
        let documentation = schema.documentation()
        for field in schema.fields {
            #expect(dump.contains(field.path + ": "))
            #expect(documentation.contains("`\(field.path)`"))
        }
        #expect(dump.contains("server.timeout: 30s  # default"))
    }

    @Test(arguments: [
        ("server:\n  listn: x\n", "server.listen"), ("servr:\n  listen: x\n", "server"), ("level: info\n", "log.level"),
        ("tokn: x\n", "token"),
    ])
    func aMisspeltKeyIsToldTheNearestName(_ text: String, _ name: String) {
        let error = #expect(throws: ConfigurationErrors.self) { try schema.load(file: ("app.yaml", text)) }
        #expect(error?.mistakes.first?.message.hasPrefix("is not known (did you mean \(name)?); known here: ") == true)
        let strange = #expect(throws: ConfigurationErrors.self) { try schema.load(file: ("a", "completely: 1\n")) }
        #expect(strange?.mistakes.first?.message.hasPrefix("is not known; known here: log, peers, ") == true)
    }

    @Test func pairsAreASectionAListOrTextsWithEqualsSigns() throws {
        let schema = ConfigurationSchema([ConfigurationField("labels", .pairs, environment: "LABELS", "Labels.")])
        for text in ["labels: {a: b, c: \"\"}\n", "labels: [a=b, c=]\n", "labels: a=b, c=\n"] {
            #expect(try schema.load(file: ("a", text)).pairs("labels") == ["a": "b", "c": ""])
        }
        #expect(try schema.load(environment: ["LABELS": "a=b=c"]).pairs("labels") == ["a": "b=c"])
        #expect(try schema.load().pairs("labels").isEmpty)
        for text in ["labels: a\n", "labels: [=b]\n", "labels: {a: [b]}\n"] {
            #expect(throws: ConfigurationErrors.self) { try schema.load(file: ("a", text)) }
        }
    }

    @Test func whatIsRefusedSaysWhatReplacesItAndWhatIsRequiredIsMissed() throws {
        let schema = ConfigurationSchema(
            [ConfigurationField("url", .string, environment: "URL", flag: "the-url", isRequired: true, "Where.")],
            refusals: [ConfigurationRefusal("pools", "use something else")])
        let error = #expect(throws: ConfigurationErrors.self) {
            try schema.load(file: ("a", "pools:\n  x: {y: 1}\n"))
        }
        #expect(
            error?.description == """
                a:1: pools: is not taken: use something else
                --the-url: url: is required; give it by --the-url, or by URL, or by url in the file
                """)
    }

    @Test(arguments: [
        ("127.0.0.1:80", "127.0.0.1", 80), (":80", "0.0.0.0", 80), ("[::1]:0", "::1", 0),
        ("localhost:65535", "localhost", 65_535),
    ])
    func addressesAreHostAndPort(_ text: String, _ host: String, _ port: Int) throws {
        let address = try #require(HostAndPort(text))
        #expect(address.host == host && address.port == port)
    }

    @Test(arguments: ["", "80", "a:", "a:65536", "a:-1", "::1:80", "[]:80", "a:b"])
    func whatIsNoAddressIsRefused(_ text: String) { #expect(HostAndPort(text) == nil) }
}
