"""Every code that a report uses for a line, a file or a note, and what the user can do about it."""

HINTS = {
    # lines of any text
    "LineTooLong": "Write one utterance a line, in a line of its own.",
    "ControlCharacter": "Remove the character, or save the file again as plain text.",
    "BrokenCharacter": "The text was damaged by an earlier conversion: write the character anew, and save as UTF-8.",
    "BannedCharacter": "Remove the sign, or write it as it is spoken.",
    "ForeignCharacter": "Write the line in the letters of the locale, or put it into a dataset of its own locale.",
    "UriInLine": "Remove the address, or write it as it is spoken.",
    "Repetition": "Keep at most three repetitions in a row.",
    "NoWords": "Write at least one word that can be spoken.",
    "SentenceTooLong": "Insert a full stop where the sentence can be divided.",
    "TooManyLines": "Divide the text into several datasets.",
    # pronunciation
    "NoTab": "Put one tab between the two parts of the line.",
    "TooManyTabs": "Put exactly one tab into the line.",
    "EmptyDisplayedForm": "Write the word before the tab as it is to be shown.",
    "EmptySpokenForm": "Write after the tab how the word is spoken, in letters, syllables or words.",
    "SpokenFormCharacter": "Use letters and words only, and write digits and signs out: `three c p o`.",
    # audio with transcripts
    "EmptyName": "Begin the line with the name of its audio file.",
    "AudioMissing": "Put the audio into the archive, or write its name as it is there.",
    "AudioWithoutLine": "Give the file a line in the transcript, or leave it out of the archive.",
    "ConflictingTranscripts": "Keep one line a file. Equal lines may stay: they raise the weight of the utterance.",
    "UnexpectedTranscript": "Upload the archive with the kind Acoustic to use audio together with its transcript.",
    # files in an archive
    "UnsafeName": "Put the files at the root of the archive, under plain names.",
    "NotAFile": "Put the file itself into the archive, not a link.",
    "EncryptedFile": "Make the archive without a password.",
    "DuplicateName": "Give each file of the archive a name of its own.",
    "NestedArchive": "Put the files themselves into the archive, not another archive.",
    "UnsupportedCompression": "Make the archive with the method Deflate, which every zip program has.",
    "DamagedFile": "Make the archive again, and test it before uploading.",
    # audio
    "NotAudio": "Export the recording again as WAV: 16-bit PCM, mono, 16000 or 8000 Hz.",
    "EmptyAudio": "Record the file again, or leave it and its line out.",
    "AudioTooLong": "Cut the recording into shorter files, each with its own transcript.",
    "AudioTruncated": "Upload the whole recording: its transcript says more than can be heard.",
    "RateOutOfRange": "Export the recording again at 16000 or 8000 Hz.",
    "AudioUnreadable": "Export the recording again as WAV; if it stays so, report the file.",
    # notes: nothing was left out for these
    "AudioCutShort": "Upload the whole recording if the rest matters.",
    "FilesIgnored": "Nothing to do: the operating system put them there.",
    "FolderRemoved": "Nothing to do; files are best put at the root of the archive.",
    "TextOnlyForTraining": "For acoustic training cut the recording into utterances; for testing it is good as it is.",
    "ReadAsWindows1252": "Save the file as UTF-8 with BOM, and check letters with accents.",
}
