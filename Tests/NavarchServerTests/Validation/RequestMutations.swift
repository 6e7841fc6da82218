// SPDX-License-Identifier: MIT
@testable import NavarchServer

/// One way in which a message can be wrong.
struct Mutation {
    /// What is done to it.
    let label: String
    /// The message, which is right but for this.
    let bytes: [UInt8]
    /// The field that must be named.
    let field: String
    let reason: Problem.Reason
}

/// Makes right messages and wrong ones out of the table.
struct RequestMutations {
    let schema: SchemaText
    let rules: [String: MessageRule]

    init() throws {
        schema = try SchemaText()
        rules = Dictionary(uniqueKeysWithValues: RequestRules.all.map { ($0.rule.name, $0.rule) })
    }

    /// The smallest right message, or nil when there is no such rule.
    func valid(_ name: String, without skipped: String? = nil) -> [UInt8] {
        guard let rule = rules[name] else { return [] }
        let first = rule.exclusive?.0
        return rule.fields.filter { ($0.isRequired || $0.name == first) && $0.name != skipped }
            .flatMap { valid($0, of: name) }
    }

    private func valid(_ field: FieldRule, of message: String) -> [UInt8] {
        let number = field.number
        switch field.shape {
        case .text(let rule): return WireBytes.text(number, Self.sample(rule.form))
        case .integer(let range): return WireBytes.varint(number, max(1, range.lowerBound))
        case .number(let range): return WireBytes.double(number, range.upperBound)
        case .flag: return WireBytes.varint(number, 1)
        case .choice(_, let accepted): return WireBytes.varint(number, Int64(accepted.filter { $0 > 0 }.min() ?? 1))
        case .moment: return WireBytes.bytes(number, WireBytes.varint(1, 1))
        case .span(let range): return WireBytes.bytes(number, WireBytes.varint(1, range.upperBound.components.seconds))
        case .message: return WireBytes.bytes(number, schema.child(of: message, number).map { valid($0) } ?? [])
        case .list(.text(let rule), _, _): return WireBytes.text(number, Self.sample(rule.form))
        case .list: return WireBytes.bytes(number, schema.child(of: message, number).map { valid($0) } ?? [])
        case .map: return WireBytes.entry(number, "key", "value")
        }
    }

    /// Every way in which a message of this name can be wrong by itself; what its parts can do wrong is theirs.
    func all(of name: String) -> [Mutation] {
        guard let rule = rules[name] else { return [] }
        var mutations = rule.fields.flatMap { wrong($0, of: name) }
        for field in rule.fields where field.isRequired {
            mutations.append(
                Mutation(
                    label: "\(name) without \(field.name)", bytes: valid(name, without: field.name), field: field.name,
                    reason: .required))
        }
        if let (first, second) = rule.exclusive {
            let other = rule.fields.filter { $0.name == second }.flatMap { valid($0, of: name) }
            let neither = valid(name, without: first)
            mutations.append(
                Mutation(label: "\(name): both", bytes: valid(name) + other, field: first, reason: .exclusive))
            mutations.append(Mutation(label: "\(name): neither", bytes: neither, field: first, reason: .exclusive))
        }
        return mutations
    }

    /// Every way in which a message of this name can be wrong, by itself or in any of its parts, however deep.
    func deep(of name: String) -> [Mutation] {
        let parts = (rules[name]?.fields ?? []).flatMap { field -> [Mutation] in
            guard let child = schema.child(of: name, field.number), rules[child] != nil else { return [] }
            let rest = valid(name, without: field.name)
            return deep(of: child).map {
                Mutation(
                    label: "\(name).\(field.name): \($0.label)", bytes: rest + WireBytes.bytes(field.number, $0.bytes),
                    field: field.name, reason: $0.reason)
            }
        }
        return all(of: name) + parts
    }

    /// A message in which every field that can be wrong is.
    func everythingWrong(_ name: String) -> (bytes: [UInt8], fields: Set<String>) {
        let mutations = (rules[name]?.fields ?? []).compactMap { field in
            wrong(field, of: name).first.map { (field, $0) }
        }
        let bytes = mutations.flatMap { wrongField($0.0, of: name).first?.bytes ?? [] }
        return (bytes, Set(mutations.map(\.1.field)))
    }

    private func wrong(_ field: FieldRule, of name: String) -> [Mutation] {
        let base = valid(name, without: field.name)
        // One of two is enough: the mutated field takes the place of the one that a right message has.
        let exclusive = rules[name]?.exclusive
        let needsOther = exclusive.map { $0.1 == field.name } ?? false
        let start = needsOther ? valid(name, without: exclusive?.0) : base
        return wrongField(field, of: name).map {
            Mutation(
                label: "\(name).\(field.name): \($0.label)", bytes: start + $0.bytes, field: $0.path, reason: $0.reason)
        }
    }

    private typealias Wrong = (label: String, bytes: [UInt8], path: String, reason: Problem.Reason)

    private func wrongField(_ field: FieldRule, of message: String) -> [Wrong] {
        let (number, name) = (field.number, field.name)
        switch field.shape {
        case .text(let rule):
            return wrongTexts(rule).map { ($0.label, WireBytes.text(number, $0.text), name, $0.reason) }
        case .integer(let range):
            return Self.outside(range).map { ("\($0)", WireBytes.varint(number, $0), name, .outOfRange) }
        case .number(let range):
            return [range.lowerBound - 0.5, range.upperBound + 0.5, .nan, .infinity]
                .map { ("\($0)", WireBytes.double(number, $0), name, .outOfRange) }
        case .flag: return []
        case .choice(let known, let accepted):
            let unknown: [Wrong] = [99, -7].map { ("\($0)", WireBytes.varint(number, $0), name, .unknownValue) }
            let refused = known.subtracting(accepted).filter { $0 != 0 }.sorted()
            return unknown + refused.map { ("\($0)", WireBytes.varint(number, Int64($0)), name, .notAllowed) }
        case .moment:
            return [(Int64.max, Int64(0)), (Int64.min, 0), (0, -1), (0, 1_000_000_000)].map {
                (
                    "\($0)", WireBytes.bytes(number, WireBytes.varint(1, $0.0) + WireBytes.varint(2, $0.1)), name,
                    .outOfRange
                )
            }
        case .span(let range):
            let spans = [range.lowerBound.components.seconds - 1, range.upperBound.components.seconds + 1, .max, .min]
            let mixed: Wrong = (
                "mixed signs", WireBytes.bytes(number, WireBytes.varint(1, 5) + WireBytes.varint(2, -1)), name,
                .outOfRange
            )
            return [mixed]
                + spans.map { ("\($0) s", WireBytes.bytes(number, WireBytes.varint(1, $0)), name, .outOfRange) }
        case .message: return []
        case .list(let element, let most, let isUnique):
            return wrongLists(field, element, most: most, isUnique: isUnique, of: message)
        case .map(let key, let value, let most):
            return wrongMaps(field, key: key, value: value, most: most)
        }
    }

    /// Numbers beside the range that are not zero, which is the same as absent, and that 32 bits hold.
    private static func outside(_ range: ClosedRange<Int64>) -> [Int64] {
        let small = Int64(Int32.min)...Int64(Int32.max)
        let beside = [
            range.lowerBound == .min ? .min : range.lowerBound - 1,
            range.upperBound == .max ? .max : range.upperBound + 1, -5_000,
        ]
        return Set(beside).filter { !range.contains($0) && small.contains($0) && $0 != 0 }.sorted()
    }

    private func wrongLists(
        _ field: FieldRule, _ element: FieldRule.Shape, most: Int, isUnique: Bool, of message: String
    ) -> [Wrong] {
        let number = field.number
        guard case .text(let rule) = element else {
            let one = valid(field, of: message)
            let many = (0...most).flatMap { _ in one }
            return [("\(most + 1) entries", many, field.name, .tooMany)]
        }
        let many = (0...most).flatMap { WireBytes.text(number, "n\($0)") }
        var wrong: [Wrong] = [
            ("\(most + 1) entries", many, field.name, .tooMany),
            ("an empty entry", WireBytes.text(number, ""), "\(field.name)[0]", .required),
        ]
        if isUnique {
            let twice = WireBytes.text(number, "n1") + WireBytes.text(number, "n1")
            wrong.append(("twice", twice, "\(field.name)[1]", .duplicate))
        }
        return wrong
            + wrongTexts(rule).map { ($0.label, WireBytes.text(number, $0.text), "\(field.name)[0]", $0.reason) }
    }

    private func wrongMaps(_ field: FieldRule, key: TextRule, value: TextRule, most: Int) -> [Wrong] {
        let number = field.number
        let many = (0...most).flatMap { WireBytes.entry(number, "k\($0)", "v") }
        var wrong: [Wrong] = [
            ("\(most + 1) entries", many, field.name, .tooMany),
            ("an empty key", WireBytes.entry(number, "", "v"), field.name, .required),
        ]
        for text in wrongTexts(key) {
            wrong.append(
                (text.label + " key", WireBytes.entry(number, text.text, "v"), field.name + " key", text.reason))
        }
        for text in wrongTexts(value) {
            wrong.append(
                (text.label + " value", WireBytes.entry(number, "k", text.text), field.name + "[\"k\"]", text.reason))
        }
        return wrong
    }

    private func wrongTexts(_ rule: TextRule) -> [(label: String, text: String, reason: Problem.Reason)] {
        var wrong: [(String, String, Problem.Reason)] = [
            ("one byte too long", String(repeating: "a", count: rule.maxBytes + 1), .tooLong)
        ]
        // Length is looked at before form, so one form stands for all; 10 MB for each of hundreds of fields would take minutes.
        if rule.form == .nodeName { wrong.append(("10 MB", Self.huge, .tooLong)) }
        for text in Self.misformed(rule.form) { wrong.append(("\(text.debugDescription)", text, .badFormat)) }
        return wrong
    }

    private static let huge = String(repeating: "a", count: 10 << 20)

    /// A right text of each form.
    private static func sample(_ form: TextRule.Form) -> String {
        switch form {
        case .nodeName, .visibleASCII, .clientKey, .line, .text, .captured: "n1"
        case .uuid: "9f0c7a52-8f2e-4a43-9d0c-5b1f0a3f6f10"
        case .selector: "a=b,c!=d,e in (x,y),!f"
        case .cursor: "9f0c7a52-8f2e-4a43-9d0c-5b1f0a3f6f10/12"
        case .json: "{}"
        }
    }

    /// Texts that break each form.
    private static func misformed(_ form: TextRule.Form) -> [String] {
        switch form {
        case .nodeName: ["a b", "a/b", "-a", ".", "naïve", "a\u{0}b", "a\nb", "a;DROP", "🙂"]
        case .visibleASCII: ["a b", "é", "a\u{0}", "a\n"]
        case .clientKey: ["a b", "é", "a\u{0}", "navarch:mine"]
        case .line: ["a\nb", "a\u{0}b", "a\u{7f}", "a\u{85}b", "\u{1b}[31m"]
        case .text: ["a\u{0}b"]
        case .captured: []
        case .uuid: ["x", "9f0c7a52", "9f0c7a52-8f2e-4a43-9d0c-5b1f0a3f6f1g"]
        case .selector: ["a=b,,", "a in (", "=b", "a b"]
        case .cursor: ["x", "1/2", "9f0c7a52-8f2e-4a43-9d0c-5b1f0a3f6f10/-1"]
        case .json: ["{", "nope", "{\"a\":\"\\u0000\"}"]
        }
    }
}
