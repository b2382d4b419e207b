namespace Microsoft.CodeAnalysis.Testing;

/// <summary>The least severe compiler diagnostics a test must declare.</summary>
public enum CompilerDiagnostics { None, Errors, Warnings, Suggestions, All }

/// <summary>How closely the tree a fix builds must match what the compiler parses from its text.</summary>
public enum CodeActionValidationMode { None, SemanticStructure, Full }

public enum MarkupMode { None, IgnoreFixable, Allow }

[Flags]
public enum MarkupOptions { None = 0, UseFirstDescriptor = 1, TreatPositionIndicatorsAsCode = 2 }

[Flags]
public enum TestBehaviors { None = 0, SkipGeneratedCodeCheck = 1, SkipSuppressionCheck = 2 }

[Flags]
public enum CodeFixTestBehaviors
{
    None = 0,
    SkipFixAllInDocumentCheck = 1,
    SkipFixAllInProjectCheck = 2,
    SkipFixAllInSolutionCheck = 4,
    SkipFixAllCheck = SkipFixAllInDocumentCheck | SkipFixAllInProjectCheck | SkipFixAllInSolutionCheck,
    FixOne = 8,
    SkipLocalDiagnosticCheck = 16,
}

[Flags]
public enum DiagnosticOptions { None = 0, IgnoreAdditionalLocations = 1, IgnoreSeverity = 2 }

[Flags]
public enum DiagnosticLocationOptions { None = 0, IgnoreLength = 1, InterpretAsMarkupKey = 2 }
