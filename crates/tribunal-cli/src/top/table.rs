//! Tables of columns that come and go with the width there is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// A column: its name, its width in characters, and how early it is given up for want of room; 0 is never. The first one
/// is for names, and takes what the others leave.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) width: u16,
    pub(super) rank: u8,
    /// Whether it is for words, which stand to the left.
    pub(super) words: bool,
}

/// A column of numbers.
pub(super) const fn numbers(name: &'static str, width: u16, rank: u8) -> Column {
    Column { name, width, rank, words: false }
}

/// A column of words.
pub(super) const fn words(name: &'static str, width: u16, rank: u8) -> Column {
    Column { name, width, rank, words: true }
}

/// A row: a text for each column, with its colour.
pub(super) type Row = Vec<(String, Style)>;

/// As wide as names get where there is more room.
const NAMES: u16 = 40;

/// Which columns there are room for, and how wide each is then.
fn fitted(columns: &[Column], width: u16) -> Vec<(usize, u16)> {
    let mut ranks: Vec<u8> = columns.iter().map(|column| column.rank).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let needed = |upto: u8| -> u16 {
        columns.iter().filter(|column| column.rank <= upto).map(|column| column.width + 1).sum()
    };
    let upto = ranks.iter().rev().find(|upto| needed(**upto) <= width + 1).or(ranks.first());
    let upto = upto.copied().unwrap_or(0);
    let spare = (width + 1).saturating_sub(needed(upto));
    let chosen = columns.iter().enumerate().filter(|(_, column)| column.rank <= upto);
    chosen
        .map(|(place, column)| match place {
            0 => (place, (column.width + spare).min(NAMES.max(column.width))),
            _ => (place, column.width),
        })
        .collect()
}

/// Draws a heading, and as many of the rows below it as there is room for.
pub(super) fn draw(columns: &[Column], rows: &[Row], area: Rect, buffer: &mut Buffer) {
    let fitted = fitted(columns, area.width);
    let mut line = |y: u16, text: &dyn Fn(usize) -> Option<(String, Style)>| {
        let mut x = area.x;
        for (place, width) in &fitted {
            if let Some((text, style)) = text(*place) {
                let text = cut(&text, *width);
                let long = u16::try_from(text.chars().count()).unwrap_or(*width);
                let words = columns.get(*place).is_some_and(|column| column.words);
                let at = if words { x } else { x + width.saturating_sub(long) };
                let room = area.right().saturating_sub(at);
                buffer.set_stringn(at, y, &text, room.into(), style);
            }
            x = x.saturating_add(width + 1);
        }
    };
    let heading = Style::new().add_modifier(Modifier::DIM);
    let ys = area.y..area.bottom();
    for (y, row) in ys.zip(std::iter::once(None).chain(rows.iter().map(Some))) {
        match row {
            None => {
                line(y, &|place| columns.get(place).map(|column| (column.name.to_owned(), heading)))
            }
            Some(row) => line(y, &|place| row.get(place).cloned()),
        }
    }
}

/// As much of it as there is room for; what is cut off is told by a sign in its place.
pub(super) fn cut(text: &str, width: u16) -> String {
    let width = usize::from(width);
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(width.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 4] =
        [words("critic", 8, 0), words("stage", 5, 2), numbers("ran", 4, 0), numbers("p99", 4, 1)];

    fn drawn(width: u16) -> Vec<String> {
        let area = Rect::new(0, 0, width, 3);
        let mut buffer = Buffer::empty(area);
        let row = ["a_long_name_of_one", "fast", "1", "2ms"];
        let row = row.map(|text| (text.to_owned(), Style::new())).to_vec();
        draw(&COLUMNS, &[row], area, &mut buffer);
        super::super::lines(&buffer).lines().map(str::to_owned).collect()
    }

    #[test]
    fn columns_are_given_up_for_want_of_room_and_names_take_what_is_left() {
        assert_eq!(drawn(13), ["critic    ran", "a_long_…    1", ""]);
        assert_eq!(drawn(14)[1], "a_long_n…    1");
        assert_eq!(drawn(18)[0], "critic    ran  p99");
        assert_eq!(drawn(24)[1], "a_long_… fast     1  2ms");
        assert_eq!(drawn(40)[1], "a_long_name_of_one       fast     1  2ms");
        assert_eq!(drawn(5)[1], "a_lon", "better than nothing");
    }
}
