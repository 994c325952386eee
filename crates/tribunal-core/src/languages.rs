//! Which language a text is in: a seam, because the words cannot know and conditions want to ask.

/// Tells the language of a text. [`Catalogue::telling_languages`](crate::Catalogue::telling_languages) takes one along.
///
/// # Contract
///
/// Pure and bounded: the same text gives the same answer, and a long text costs no more than a page of it.
pub trait Languages: Send + Sync + 'static {
    /// Its own code for a language that is asked for by some code: `deu` for `de` and for `deu`.
    ///
    /// # Errors
    ///
    /// What is wrong with the code, to stand after the name of the place it stands at: "is no code of ...".
    fn code(&self, asked: &str) -> Result<&'static str, String>;

    /// The code of the language a text is in; `None` where that cannot be told, as of a short text.
    fn of(&self, text: &str) -> Option<&'static str>;
}
