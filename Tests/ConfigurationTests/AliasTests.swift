// SPDX-License-Identifier: MIT
import Configuration
import Testing

private let schema = ConfigurationSchema([ConfigurationField("tags", .strings, "what")])

@Test func aFewAliasesAreRead() throws {
    let values = try schema.load(file: ("f.yaml", "tags: [&a x, *a] # *b is no alias\n"))
    #expect(values.strings("tags") == ["x", "x"])
}

/// Each line has nine times what the line before has, and a key is compared with others, which looks at all of it.
@Test func aliasesOfAliasesAreRefusedBeforeTheyGrow() throws {
    var text = "a0: &a0 [x]\n"
    for level in 1...9 {
        text += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", "))]\n"
    }
    let error = #expect(throws: ConfigurationErrors.self) {
        _ = try schema.load(file: ("f.yaml", text + "? *a9\n: 1\n"))
    }
    #expect(error?.mistakes.map(\.message) == ["has more than 20 aliases (`*name`): write the values out"])
}
