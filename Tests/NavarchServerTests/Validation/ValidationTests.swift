// SPDX-License-Identifier: MIT
import Connect
import NavarchWire
import SwiftProtobuf
import Testing

@testable import NavarchServer

@Suite struct ValidationTests {
    @Test func theTableHasEveryFieldThatAClientCanSend() throws {
        let schema = try SchemaText()
        let rules = Dictionary(uniqueKeysWithValues: RequestRules.all.map { ($0.rule.name, $0.rule) })
        #expect(schema.requests.count == 21)
        #expect(Set(rules.keys) == schema.reachable)
        for name in schema.reachable.sorted() {
            let declared = (schema.messages[name] ?? []).map { "\($0.number) \($0.name)" }.sorted()
            let ruled = (rules[name]?.fields ?? []).map { "\($0.number) \($0.name)" }.sorted()
            #expect(ruled == declared, "\(name)")
            #expect((rules[name]?.fields ?? []).allSatisfy { $0.number < 64 })
        }
    }

    @Test func aRightMessageHasNoViolation() throws {
        let mutations = try RequestMutations()
        for (type, rule) in RequestRules.all {
            let message = try type.init(serializedBytes: mutations.valid(rule.name))
            #expect(RequestValidator.check(message).violations == [], "\(rule.name)")
        }
    }

    @Test(arguments: RequestRules.all.map(\.rule.name)) func everyFieldIsRefusedInEveryWayThatItsRuleNames(
        _ name: String
    ) throws {
        let mutations = try RequestMutations()
        let type = try #require(RequestRules.all.first { $0.rule.name == name }?.type)
        for mutation in mutations.all(of: name) {
            let message = try type.init(serializedBytes: mutation.bytes)
            let checked = RequestValidator.check(message)
            let found = checked.violations.contains {
                $0.problem.reason == mutation.reason
                    && ($0.field == mutation.field || $0.field.hasPrefix(mutation.field + " "))
            }
            #expect(found, "\(mutation.label): \(checked.violations.map(\.sentence))")
            #expect(checked.count == 1, "\(mutation.label): \(checked.violations.map(\.sentence))")
            #expect(
                checked.violations.allSatisfy { $0.sentence.utf8.count < 400 }, "\(mutation.label) echoes its input")
        }
    }

    @Test func manyFieldsCanBeWrong() throws {
        let mutations = try RequestMutations()
        let count = RequestRules.all.reduce(0) { $0 + mutations.all(of: $1.rule.name).count }
        #expect(count > 500)
    }

    @Test func everyViolationIsAnsweredAtOnce() throws {
        let mutations = try RequestMutations()
        for (type, rule) in RequestRules.all where rule.exclusive == nil {
            let (bytes, fields) = mutations.everythingWrong(rule.name)
            let message = try type.init(serializedBytes: bytes)
            let checked = RequestValidator.check(message)
            let named = Set(checked.violations.map(\.field))
            #expect(fields.isSubset(of: named), "\(rule.name): \(fields.subtracting(named))")
        }
    }

    @Test func aPathLeadsToTheFieldThatIsWrong() {
        var request = Navarch_V1_RegisterNodeRequest()
        request.nodeID = "n1"
        request.gpus = [.init(), .with { $0.memoryTotal = -1 }]
        request.metadata.labels = ["rack": "a\nb"]
        request.host.disks = [.with { $0.device = "\u{0}" }]
        let checked = RequestValidator.check(request)
        #expect(
            Set(checked.violations.map(\.field)) == [
                "gpus[1].memory_total", "metadata.labels[\"rack\"]", "host.disks[0].device",
            ])
    }

    @Test func theErrorSaysTheFirstAndTheCountAndCarriesAll() throws {
        var request = Navarch_V1_IssueCommandRequest()
        request.reason = "\u{0}"
        request.ttl = .init(seconds: -1, nanos: 0)
        let error = #expect(throws: RPCError.self) { try validate(request, over: .connect) }
        let thrown = try #require(error)
        #expect(thrown.code == .invalidArgument)
        #expect(thrown.message.hasSuffix("(one of 4 violations)"))
        let detail: Google_Rpc_BadRequest = try #require(thrown.detail())
        #expect(
            Set(detail.fieldViolations.map(\.field)) == ["node_id", "command_type", "reason", "ttl"])
        #expect(detail.fieldViolations.first { $0.field == "node_id" }?.description_p == "node_id is required")
        #expect(detail.fieldViolations.first { $0.field == "node_id" }?.reason == "REQUIRED")
    }

    @Test func aThousandViolationsMakeNoLargeAnswer() throws {
        var request = Navarch_V1_IssueCommandsRequest()
        request.commandType = .cordon
        request.nodeIds = (0..<1_000).map { "a b \($0)" }
        for rpcProtocol in RPCProtocol.allCases {
            let error = #expect(throws: RPCError.self) { try validate(request, over: rpcProtocol) }
            let thrown = try #require(error)
            #expect(thrown.message.hasSuffix("(one of 1000 violations)"))
            let bytes = thrown.details.reduce(0) { $0 + $1.value.count }
            #expect(bytes < (rpcProtocol == .connect ? 64 << 10 : 4 << 10) && bytes > 1_000)
        }
    }

    @Test func aSentenceShowsNothingThatATerminalActsOn() {
        var request = Navarch_V1_IssueCommandRequest()
        request.nodeID = "n1"
        request.commandType = .cordon
        request.parameters = ["\u{1b}[31mred": "x"]
        let sentences = RequestValidator.check(request).violations.map(\.sentence)
        #expect(sentences.count == 1)
        #expect(!(sentences.first ?? "").unicodeScalars.contains { $0.value < 0x20 })
    }
}
